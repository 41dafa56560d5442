// SPDX-License-Identifier: Apache-2.0
// Records about keys at the door: who may send them, what an external validator reaches, what everybody is told.
import {
  addSignature,
  type Holder,
  isTrustRecord,
  type Json,
  keyEntryJson,
  readProofBundle,
  readRecord,
  verifyBundle,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeyFile, openSigner, publicKeyOfFile } from '../src/identity/key-file.ts';
import { PASSWORD, type TestDraft, type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ demonstration: false });
});
afterAll(() => server?.close());

const FIRM = { scope: 'firm', subjectRef: { workspace: 'main' } } as const;

async function send(account: string, draft: TestDraft, signers: readonly string[], file?: KeyFile) {
  const signed = await server.sign(draft, signers);
  const envelope = file === undefined ? signed : await addSignature(signed, openSigner(file));
  const payload = { envelopes: [envelope] };
  return server.as(account, { method: 'POST', url: '/v1/records', payload });
}

type KeyFile = ReturnType<typeof createKeyFile>;

const enrolment = (file: KeyFile, holder: Holder, actor = 'ada'): TestDraft => ({
  ...FIRM,
  type: 'key-enrolment',
  actor,
  content: {
    key: keyEntryJson({ key: publicKeyOfFile(file), holder }),
    proofing: 'passport seen at the desk',
  },
});

const change = (kind: string, keyid: string, actor: string): TestDraft => ({
  ...FIRM,
  type: 'key-change',
  kind,
  actor,
  content: { keyid, reason: 'lost' },
});

describe('an enrolment under way', () => {
  test('is a notice in everybody’s inbox until it takes effect', async () => {
    const file = createKeyFile({ algorithm: 'ed25519' });
    const holder: Holder = { kind: 'person', account: 'val2', roles: ['validator'] };
    const reply = await send('ada', enrolment(file, holder), ['ada', 'ben', 'val'], file);
    expect(reply.json()).toMatchObject({ records: [{ state: 'recorded' }] });
    for (const account of ['exec', 'audit', 'dev']) {
      const inbox = await server.as(account, { url: '/v1/inbox' });
      expect(inbox.json()).toMatchObject({
        items: [
          {
            kind: 'notice',
            subject: `key ${file.keyid.slice(0, 12)} of val2`,
            text: expect.stringMatching(/^counts as validator from 20/),
          },
        ],
      });
    }
    // Whoever sees it stops it: model risk alone may.
    const stop = await send('risk', change('suspend', file.keyid, 'risk'), ['risk']);
    expect(stop.json()).toMatchObject({ records: [{ state: 'recorded' }] });
  });

  test('loses the signature of an administrator who is suspended meanwhile', async () => {
    const file = createKeyFile({ algorithm: 'ed25519' });
    const holder: Holder = { kind: 'person', account: 'val3', roles: ['validator'] };
    const draft = { ...enrolment(file, holder, 'ben'), claimedAt: server.context.now() };
    const waiting = await send('ben', draft, ['ben', 'val'], file);
    expect(waiting.json()).toMatchObject({ records: [{ state: 'awaiting-signatures' }] });
    const ben = (await server.signer('ben')).keyid;
    await send('ada', change('suspend', ben, 'ada'), ['ada']);
    const { digest } = readRecord(p, await server.sign(draft, ['ben']));
    const own = await server.sign(draft, ['ada']);
    const reply = await server.as('ada', {
      method: 'POST',
      url: `/v1/records/${digest}/signatures`,
      payload: { signature: own.signatures[0] },
    });
    expect(reply.statusCode).not.toBe(500);
    expect(reply.body).toMatch(/`ben` acted but did not sign|signed by 1 administrators/);
    expect(server.context.records.register().has(file.keyid)).toBe(false);
  });
});

describe('holders', () => {
  test('stop a key of their own at once, an auditor too, and it opens nothing more', async () => {
    const { keyid } = await server.signer('audit');
    expect((await server.as('audit', { url: '/v1/audit' })).statusCode).toBe(200);
    const reply = await send('audit', change('suspend', keyid, 'audit'), ['audit']);
    expect(reply.json()).toMatchObject({ records: [{ state: 'recorded' }] });
    expect((await server.as('audit', { url: '/v1/audit' })).statusCode).toBe(403);
  });
});

describe('the records about keys', () => {
  test('are handed out whole, with proofs, and say who is suspended', async () => {
    const reply = await server.as('exec', { url: '/v1/trust' });
    const bundle = readProofBundle(reply.json() as Json);
    const verified = verifyBundle(p, bundle, server.context.root);
    if (!verified.ok) throw new Error(verified.reason);
    const all = (await server.context.records.current()).records.filter(({ statement }) =>
      isTrustRecord(statement.predicate),
    );
    expect(verified.set.records.map(({ digest }) => digest)).toEqual(
      all.map(({ digest }) => digest),
    );
    const { keyid } = await server.signer('audit');
    expect(verified.set.register.get(keyid)?.endings).toMatchObject([{ kind: 'suspend' }]);
  });
});

describe('a passkey that signs somebody in', () => {
  test('is not enrolled for signing', async () => {
    const file = createKeyFile({ algorithm: 'ecdsa-p256-sha256' });
    const credentialId = Buffer.from('a credential of signing in').toString('base64');
    const { rows } = await server.database.pool.query<{ id: string }>(
      'SELECT id FROM auth_user LIMIT 1',
    );
    await server.database.pool.query(
      `INSERT INTO auth_passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
       VALUES ('p1', 'x', $1, $2, 0, 'singleDevice', false)`,
      [rows[0]?.id, Buffer.from(credentialId, 'base64').toString('base64url')],
    );
    const webauthn = { rpId: 'sign.bank.test', origins: ['https://sign.bank.test'], credentialId };
    const draft: TestDraft = {
      ...FIRM,
      type: 'key-enrolment',
      actor: 'ada',
      content: {
        key: keyEntryJson({
          key: { ...publicKeyOfFile(file), webauthn },
          holder: { kind: 'person', account: 'val4', roles: ['validator'] },
        }),
        proofing: 'passport',
      },
    };
    const reply = await send('ada', draft, ['ada']);
    expect(reply.statusCode).toBe(409);
    expect(reply.json()).toMatchObject({
      error: { code: 'record_refused', field: 'content.key.webauthn.credentialId' },
    });
  });
});

describe('an external validator', () => {
  test('reaches the models of the key and no other, and no sealed rows, people or decisions', async () => {
    const firm = await testServer();
    try {
      const made = await firm.as('ada', {
        method: 'POST',
        url: '/v1/people',
        payload: { account: 'xena', printedName: 'Xena External', password: PASSWORD },
      });
      const file = createKeyFile({ algorithm: 'ed25519' });
      const until = new Date(Date.now() + 86_400_000).toISOString();
      const limits = { models: ['credit'], until };
      const roles = ['external-validator'] as const;
      const holder: Holder = { kind: 'person', account: 'xena', roles, limits };
      const envelope = await firm.sign(enrolment(file, holder), ['ada', 'ben', 'val']);
      const reply = await firm.as('ada', {
        method: 'POST',
        url: '/v1/records',
        payload: { envelopes: [await addSignature(envelope, openSigner(file))] },
      });
      expect(reply.json()).toMatchObject({ records: [{ state: 'recorded' }] });
      const headers = { authorization: `Bearer ${made.json<{ token: string }>().token}` };
      const get = async (url: string) => (await firm.app.inject({ url, headers })).statusCode;
      expect(await get('/v1/records?model=credit')).toBe(200);
      expect(await get('/v1/records?model=market-risk')).toBe(403);
      expect(await get('/v1/models/market-risk')).toBe(403);
      expect(await get('/v1/people')).toBe(403);
      expect(await get('/v1/audit')).toBe(403);
      expect(await get('/v1/inbox')).toBe(200);
      const named = { workspace: 'main', model: 'market-risk' };
      const entry = await firm.sign(
        { type: 'inventory-entry', actor: 'owner', subjectRef: named, content: { name: 'other' } },
        ['owner'],
      );
      const recorded = await firm.as('owner', {
        method: 'POST',
        url: '/v1/records',
        payload: { envelopes: [entry] },
      });
      const [{ digest }] = recorded.json<{ records: [{ digest: string }] }>().records;
      expect(await get(`/v1/records/${digest}`)).toBe(403);
      expect(await get(`/v1/bundles/${digest}`)).toBe(403);
      expect(await get(`/v1/change-requests/${digest}/discussion`)).toBe(403);
      expect(await get('/v1/trust')).toBe(200);
      const me = await firm.app.inject({ url: '/v1/me', headers });
      expect(me.json()).toMatchObject({ account: 'xena', roles: ['external-validator'] });
    } finally {
      await firm.close();
    }
  }, 30_000);
});
