// SPDX-License-Identifier: Apache-2.0
// A record's name is the SHA-256 of its bytes. Whoever finds two texts that read the same, or one text that reads as two,
// has one name for two meanings: these cases try each way that JSON offers.
import { createHash } from 'node:crypto';
import {
  type Envelope,
  fromBase64,
  PAYLOAD_TYPE_STATEMENT,
  pae,
  parseEnvelope,
  parseStrictJson,
  readRecord,
  toBase64,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type TestDraft,
  type TestServer,
  testServer,
} from '../packages/server/tests/server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

const entry = (name = 'Consumer credit'): TestDraft => ({
  type: 'inventory-entry',
  actor: 'owner',
  subjectRef: { workspace: 'main', model: 'consumer-credit' },
  content: {
    name,
    purpose: 'underwriting',
    owner: 'owner',
    developer: 'dev',
    origin: 'built',
    businessLine: 'retail',
    jurisdictions: ['US'],
    uses: ['underwriting'],
  },
});

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const textOf = (envelope: Envelope) => Buffer.from(envelope.payload, 'base64').toString('utf8');

/** The owner's true signature over whatever bytes: what a person who wants two readings would send. */
async function signedBytes(bytes: Uint8Array): Promise<Envelope> {
  const signer = await server.signer('owner');
  const sig = toBase64(await signer.sign(pae(PAYLOAD_TYPE_STATEMENT, bytes)));
  return {
    payloadType: PAYLOAD_TYPE_STATEMENT,
    payload: toBase64(bytes),
    signatures: [{ keyid: signer.keyid, sig }],
  };
}

const sendRaw = (payload: string | Buffer) =>
  server.as('owner', {
    method: 'POST',
    url: '/v1/records',
    headers: { 'content-type': 'application/json' },
    payload,
  });
const send = (envelope: unknown) => sendRaw(JSON.stringify({ envelopes: [envelope] }));

const countRecords = async () => {
  const { rows } = await server.database.pool.query(
    'SELECT (SELECT count(*) FROM record)::int + (SELECT count(*) FROM pending_record)::int AS n',
  );
  return Number(rows[0].n);
};

/** Sends it and shows that it was refused with a code, and that no record and no pending record came of it. */
async function refused(answer: Promise<Awaited<ReturnType<typeof send>>>) {
  const before = await countRecords();
  const { statusCode, body } = await answer;
  expect(statusCode, body).toBeGreaterThanOrEqual(400);
  expect(statusCode, body).toBeLessThan(500);
  expect(await countRecords()).toBe(before);
  return JSON.parse(body).error as { code: string; message: string };
}

async function auditedSince(time: string) {
  const { rows } = await server.database.pool.query(
    "SELECT account, outcome, code FROM audit_event WHERE at >= $1 AND account = 'owner' ORDER BY id",
    [time],
  );
  return rows as { account: string; outcome: string; code: string }[];
}

describe('duplicate keys', () => {
  test('RT-059 a statement that names its actor twice is refused although it is rightly signed', async () => {
    const since = server.context.now();
    const text = textOf(await server.sign(entry(), ['owner']));
    const doubled = text.replace('"actor":"owner"', '"actor":"dev","actor":"owner"');
    expect(doubled).not.toBe(text);
    const error = await refused(send(await signedBytes(Buffer.from(doubled))));
    expect(error.code).toBe('json_duplicate_key');
    expect(error.message).toContain('actor');
    expect(await auditedSince(since)).toMatchObject([
      { account: 'owner', outcome: 'refused', code: error.code },
    ]);
  });

  test('so is a request body or an envelope with a member twice, escaped spellings included', async () => {
    const envelope = JSON.stringify(await server.sign(entry(), ['owner']));
    const bodies = [
      `{"envelopes":[],"envelopes":[${envelope}]}`,
      `{"envelopes":[],"\\u0065nvelopes":[${envelope}]}`,
      `{"envelopes":[${envelope.replace('"payload":', '"payload":"e30=","payload":')}]}`,
    ];
    for (const body of bodies) {
      expect((await refused(sendRaw(body))).code).toBe('request_malformed');
    }
  });
});

describe('the form of a statement', () => {
  const forms: readonly (readonly [string, (text: string) => string | Buffer])[] = [
    ['a blank after a colon', (text) => text.replace('":', '": ')],
    ['a line end after it', (text) => `${text}\n`],
    ['other bytes after it', (text) => `${text}{}`],
    ['a NUL after it', (text) => `${text}\0`],
    ['a byte order mark before it', (text) => `\ufeff${text}`],
    ['its members in another order', (text) => reversed(text)],
    ['a letter as an escape', (text) => text.replace('"owner"', '"\\u006fwner"')],
    ['a slash as an escape', (text) => text.replace('https://', 'https:\\/\\/')],
    ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
  ];
  test.each(forms)(
    'RT-060 the same statement with %s is refused, so it has one name',
    async (_form, change) => {
      const text = textOf(await server.sign(entry(), ['owner']));
      const bytes = Buffer.from(change(text));
      expect(bytes.equals(Buffer.from(text))).toBe(false);
      const envelope = await signedBytes(bytes);
      expect(() => readRecord(p, envelope)).toThrow();
      expect((await refused(send(envelope))).code).not.toBe('internal');
    },
  );

  function reversed(text: string): string {
    const members = Object.entries(JSON.parse(text) as object).reverse();
    return JSON.stringify(Object.fromEntries(members));
  }
});

describe('unicode', () => {
  const hostile: readonly (readonly [string, Buffer])[] = [
    ['a lone surrogate as an escape', Buffer.from('"\\ud800"')],
    ['a pair of surrogates in the wrong order', Buffer.from('"\\udc00\\ud800"')],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['an overlong slash', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['an overlong NUL', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
    ['a cut sequence', Buffer.from([0x22, 0xe2, 0x82, 0x22])],
    ['a code point past U+10FFFF', Buffer.from([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22])],
    ['a bare control character', Buffer.from([0x22, 0x1b, 0x22])],
  ];
  test.each(hostile)('RT-061 %s is refused, never replaced', async (_what, value) => {
    expect(() => parseStrictJson(value)).toThrow();
    const body = Buffer.concat([Buffer.from('{"envelopes":['), value, Buffer.from(']}')]);
    expect((await refused(sendRaw(body))).code).toBe('request_malformed');
  });

  test('RT-062 a name composed otherwise is another name: it keeps its bytes and is nobody’s account', async () => {
    const names = ['Caf\u00e9 scores', 'Cafe\u0301 scores'];
    const digests: string[] = [];
    for (const name of names) {
      const envelope = await server.sign(entry(name), ['owner']);
      const answer = await send(envelope);
      expect(answer.statusCode).toBe(200);
      const digest: string = answer.json().records[0].digest;
      const read = (await server.as('owner', { url: `/v1/records/${digest}` })).json();
      expect(read.statement.predicate.content.name).toBe(name);
      digests.push(digest);
    }
    expect(new Set(digests).size).toBe(2);
    // Fullwidth, combining and Cyrillic look-alikes of `owner`, signed by the owner's own key.
    for (const actor of ['\uff4fwner', 'o\u0301wner', '\u043ewner', 'owner\u200b', 'OWNER']) {
      const error = await refused(send(await server.sign({ ...entry(), actor }, ['owner'])));
      expect([
        'record_refused',
        'record_signature_missing',
        'record_malformed',
        'record_signer_refused',
      ]).toContain(error.code);
    }
  });
});

describe('numbers', () => {
  const wrong = [
    '1.0',
    '1e2',
    '-0',
    '9007199254740993',
    '1E400',
    'NaN',
    'Infinity',
    '01',
    '+1',
    '.5',
    '1.',
    '0x10',
  ];
  test.each(wrong)(
    'RT-063 `%s` is refused in a record: no number has two spellings or loses digits',
    async (number) => {
      const text = textOf(await server.sign(entry(), ['owner']));
      const changed = text.replace(
        '"jurisdictions":["US"]',
        `"jurisdictions":["US"],"kappa":${number}`,
      );
      expect(changed).not.toBe(text);
      const envelope = await signedBytes(Buffer.from(changed));
      expect(() => readRecord(p, envelope)).toThrow();
      await refused(send(envelope));
    },
  );
});

describe('names of members', () => {
  test('RT-064 `__proto__` is refused, and `constructor` or `prototype` change no object', async () => {
    const text = textOf(await server.sign(entry(), ['owner']));
    for (const key of ['__proto__', '\\u005f_proto__']) {
      const envelope = await signedBytes(
        Buffer.from(text.replace('{', `{"${key}":{"polluted":1},`)),
      );
      await refused(send(envelope));
      await refused(sendRaw(`{"${key}":{"polluted":1},"envelopes":[]}`));
    }
    await refused(sendRaw('{"constructor":{"prototype":{"polluted":1}},"envelopes":[]}'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted');
  });
});

describe('size', () => {
  test('RT-065 nesting of any depth is refused without overflowing the stack', async () => {
    for (const depth of [65, 1_000, 200_000]) {
      const deep = '['.repeat(depth) + ']'.repeat(depth);
      expect(() => parseStrictJson(deep)).toThrow();
      expect((await refused(sendRaw(`{"envelopes":${deep}}`))).code).toBe('request_malformed');
      expect((await refused(sendRaw('{"a":'.repeat(depth)))).code).toBe('request_malformed');
    }
  });

  test('and a string, a number or a list that is too long by its size', async () => {
    const long = 'x'.repeat(3 * 1024 * 1024);
    for (const name of [long, long.repeat(12)]) {
      const envelope = await server.sign(entry(name), ['owner']);
      const { code } = await refused(send(envelope));
      expect([
        'request_too_large',
        'json_too_large',
        'record_malformed',
        'record_too_large',
      ]).toContain(code);
    }
    expect(() => parseStrictJson('9'.repeat(100_000))).toThrow();
    const envelope = await server.sign(entry(), ['owner']);
    const many = Array.from({ length: 10_000 }, () => envelope);
    await refused(sendRaw(JSON.stringify({ envelopes: many })));
  });
});

describe('base64', () => {
  const spellings: readonly (readonly [string, (text: string) => string])[] = [
    ['the URL alphabet', (text) => text.replaceAll('+', '-').replaceAll('/', '_')],
    ['no padding', (text) => text.replace(/=+$/, '')],
    ['padding too many', (text) => `${text}====`],
    ['a line end', (text) => `${text.slice(0, 64)}\n${text.slice(64)}`],
    ['a blank', (text) => ` ${text}`],
    ['spare bits that are not zero', (text) => spared(text)],
  ];
  test.each(spellings)(
    'RT-066 a payload or a signature in base64 with %s is refused',
    async (_name, change) => {
      // A payload whose base64 holds `+`, `/` and padding, so that every change is one.
      const envelope = await awkward();
      const [signature] = envelope.signatures;
      if (signature === undefined) throw new Error('unsigned');
      const payload = change(envelope.payload);
      const sig = change(signature.sig);
      if (payload !== envelope.payload) {
        expect(() => fromBase64(payload)).toThrow();
        await refused(send({ ...envelope, payload }));
      }
      if (sig !== signature.sig)
        await refused(send({ ...envelope, signatures: [{ ...signature, sig }] }));
      expect([payload !== envelope.payload, sig !== signature.sig]).toContain(true);
    },
  );

  async function awkward(): Promise<Envelope> {
    for (let length = 1; length <= 30; length += 1) {
      const envelope = await server.sign(
        entry(`${'\u00ff\u00fe~?>'.repeat(6)}${'x'.repeat(length)}`),
        ['owner'],
      );
      if (envelope.payload.endsWith('=') && /[+/]/.test(envelope.payload)) return envelope;
    }
    throw new Error('no payload needs padding');
  }

  /** The last digit before the padding, with its lowest bit set: most decoders drop it. */
  function spared(text: string): string {
    const at = text.indexOf('=') - 1;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
    const digit = alphabet[alphabet.indexOf(text[at] ?? '') | 1] ?? '';
    return text.slice(0, at) + digit + text.slice(at + 1);
  }
});

describe('the envelope', () => {
  test('RT-067 a signature counts over the exact type and bytes alone', async () => {
    const envelope = await server.sign(entry('bound'), ['owner']);
    const signer = await server.signer('owner');
    const bytes = fromBase64(envelope.payload);
    const sigOf = async (message: Uint8Array) => ({
      ...envelope,
      signatures: [{ keyid: signer.keyid, sig: toBase64(await signer.sign(message)) }],
    });
    const since = server.context.now();
    const forged: readonly unknown[] = [
      { ...envelope, payloadType: 'application/json' },
      await sigOf(bytes),
      await sigOf(Buffer.from(sha256(bytes), 'hex')),
      await sigOf(pae('application/json', bytes)),
      { ...envelope, payload: (await server.sign(entry('another'), ['owner'])).payload },
      { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] },
      { ...envelope, signatures: [] },
      { ...envelope, note: 'unsigned words' },
      { ...envelope, signatures: envelope.signatures.map((one) => ({ ...one, note: 'unsigned' })) },
    ];
    for (const one of forged) await refused(send(one));
    expect((await auditedSince(since)).length).toBeGreaterThanOrEqual(5);
    expect(() => parseEnvelope({ ...envelope, extra: 1 } as never)).toThrow();
  });

  test('RT-068 a record comes back from the database byte for byte, whatever its text', async () => {
    // jsonb would sort members, drop doubles and refuse U+0000; json would still be re-serialised by a driver.
    const names = [
      '\u2028\u2029 \u007f \ud83d\ude00',
      '\\ " / \b\f\n\r\t \u0001',
      "'; DROP TABLE record; --",
      '\u0000',
      '𝒳 \ufdfd \ufffd',
    ];
    for (const name of names) {
      const envelope = await server.sign(entry(name), ['owner']);
      const answer = await send(envelope);
      expect(answer.statusCode, answer.body).toBe(200);
      const { digest } = answer.json().records[0];
      expect(digest).toBe(sha256(fromBase64(envelope.payload)));
      const { rows } = await server.database.pool.query(
        'SELECT payload FROM record WHERE digest = $1',
        [digest],
      );
      expect(sha256(rows[0].payload)).toBe(digest);
      const read = (await server.as('owner', { url: `/v1/records/${digest}` })).json();
      expect(read.envelope.payload).toBe(envelope.payload);
      expect(read.statement.predicate.content.name).toBe(name);
    }
  });
});
