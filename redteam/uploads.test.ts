// SPDX-License-Identifier: Apache-2.0
// Attacks by whoever may store bytes: other bytes under an approved name, other people's uploads, what is sealed, a full disk.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MODEL_BYTES } from '../packages/gateway/tests/fixture-server.ts';
import { type FirmUnderAttack, firmUnderAttack } from './firm-under-attack.ts';

let firm: FirmUnderAttack;
beforeAll(async () => {
  firm = await firmUnderAttack();
});
afterAll(async () => {
  expect(firm?.server.failures).toEqual([]);
  await firm?.close();
});

const TUS = { 'tus-resumable': '1.0.0' };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const uploads = () => readdirSync(join(firm.server.dataDir, 'blobs', 'uploads'));

interface Sent {
  readonly status: number;
  readonly code: string | undefined;
  readonly headers: Headers;
  readonly body: { readonly id?: string; readonly state?: string };
}

async function send(
  account: string | undefined,
  [method, path]: readonly [string, string],
  request: { headers?: Record<string, string>; body?: Uint8Array | string } = {},
): Promise<Sent> {
  const token = account === undefined ? undefined : firm.server.person(account).token;
  const { body } = request;
  const response = await fetch(`${firm.url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) }),
  });
  const text = await response.text();
  const json = text.startsWith('{') ? JSON.parse(text) : {};
  return { status: response.status, code: json.error?.code, headers: response.headers, body: json };
}

const create = (account: string | undefined, digest: string, size: number) =>
  send(account, ['POST', '/v1/uploads'], {
    headers: {
      ...TUS,
      'upload-length': String(size),
      'upload-metadata': `sha256 ${Buffer.from(digest).toString('base64')}`,
    },
  });

const append = (account: string, id: string, body: Uint8Array, offset = 0) =>
  send(account, ['PATCH', `/v1/uploads/${id}`], {
    headers: {
      ...TUS,
      'upload-offset': String(offset),
      'content-type': 'application/offset+octet-stream',
    },
    body,
  });

const missing = (account: string, digest: string) =>
  send(account, ['POST', '/v1/blobs/missing'], {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ digests: [digest] }),
  });

test('RT-441 other bytes sent under the name of the model that answers replace nothing', async () => {
  const before = await firm.state();
  const digest = sha256(MODEL_BYTES);
  // What is here already takes no bytes at all.
  const known = await create('dana', digest, MODEL_BYTES.length);
  expect(known.body.state).toBe('stored');
  const other = Buffer.from(MODEL_BYTES);
  other[0]! ^= 1;
  expect((await append('dana', String(known.body.id), other)).code).toBe('upload_offset_wrong');
  expect((await append('dana', String(known.body.id), other, other.length)).status).toBe(204);
  // A name that is not here yet takes only the bytes of that name.
  const absent = sha256(randomBytes(8));
  const opened = await create('dana', absent, other.length);
  const answer = await append('dana', String(opened.body.id), other);
  expect([answer.status, answer.code]).toEqual([422, 'upload_digest_differs']);
  for (const name of [absent, sha256(other)])
    expect((await firm.as('vera').get(`/v1/blobs/${name}`)).status).toBe(404);
  const stored = await firm.server.context.blobs.get(digest);
  expect(Buffer.from(stored).equals(MODEL_BYTES)).toBe(true);
  await firm.unchanged(before);
});

test('RT-442 sealed rows are not said to be here, measured, read in part, or opened to who sends them', async () => {
  const rows = randomBytes(512);
  const { digest } = await firm.server.context.blobs.put(rows);
  const { ref } = firm.live.candidate;
  await firm.recorder.add(
    {
      type: 'dataset-snapshot',
      scope: 'dataset',
      subjectRef: { workspace: ref.workspace, model: ref.model, use: ref.use, dataset: 'loans' },
      content: { dataset: 'loans', split: 'holdout', sealed: true, contentDigest: digest },
    },
    'platform',
  );
  const before = await firm.state();
  const unknown = sha256(randomBytes(8));
  for (const account of ['dana', 'vera', 'ada']) {
    // The same answers for what is sealed as for what was never here.
    const [of, none] = [await missing(account, digest), await missing(account, unknown)];
    expect(of.body).toEqual({ missing: [{ digest }] });
    expect(none.body).toEqual({ missing: [{ digest: unknown }] });
    for (const method of ['HEAD', 'GET']) {
      const answer = await send(account, [method, `/v1/blobs/${digest}`], {
        headers: { range: 'bytes=0-0' },
      });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('etag')).toBeNull();
    }
    const guess = await create(account, digest, 7);
    expect(guess.body.state).toBe('open');
    await send(account, ['DELETE', `/v1/uploads/${guess.body.id}`], { headers: TUS });
    const opened = await create(account, digest, rows.length);
    expect((await append(account, String(opened.body.id), rows)).status).toBe(204);
    expect((await firm.as(account).get(`/v1/blobs/${digest}`)).status).toBe(403);
  }
  await firm.unchanged(before);
});

test('RT-443 who has no role stores nothing and asks for nothing, and of a stranger no byte is read', async () => {
  const before = await firm.state();
  const digest = sha256(randomBytes(8));
  for (const [account, status] of [
    ['clerk', 403],
    ['audit', 403],
    [undefined, 401],
  ] as const) {
    expect((await create(account, digest, 8)).status).toBe(status);
    expect((await send(account, ['PUT', '/v1/blobs'], octets(randomBytes(8)))).status).toBe(status);
  }
  expect((await missing('clerk', digest)).status).toBe(403);
  // The answer comes while the body has only begun: nobody waits for it.
  const socket = connect({ port: Number(new URL(firm.url).port), host: '127.0.0.1' });
  const answered = new Promise<string>((settle) => {
    socket.once('data', (chunk) => settle(String(chunk)));
  });
  socket.write(
    [
      'PATCH /v1/uploads/00000000-0000-4000-8000-000000000000 HTTP/1.1',
      'host: x',
      'tus-resumable: 1.0.0',
      'upload-offset: 0',
      'content-type: application/offset+octet-stream',
      'content-length: 100000000000',
      '',
      'x',
    ].join('\r\n'),
  );
  expect(await answered).toContain('401');
  socket.destroy();
  expect(uploads()).toEqual([]);
  await firm.unchanged(before);
});

function octets(body: Uint8Array) {
  return { headers: { 'content-type': 'application/octet-stream' }, body };
}

test('RT-444 an upload is seen, continued and ended by who opened it, and by no administrator', async () => {
  const before = await firm.state();
  const bytes = randomBytes(64);
  const { body } = await create('dana', sha256(bytes), bytes.length);
  const id = String(body.id);
  await append('dana', id, bytes.subarray(0, 10));
  for (const account of ['ada', 'omar', 'vic']) {
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const answer = await send(account, [method, `/v1/uploads/${id}`], { headers: TUS });
      expect(answer.status).toBe(404);
      expect(answer.headers.get('upload-offset')).toBeNull();
    }
    expect((await append(account, id, bytes.subarray(10), 10)).code).toBe('upload_unknown');
    expect((await missing(account, sha256(bytes))).body).toEqual({
      missing: [{ digest: sha256(bytes) }],
    });
  }
  expect((await append('dana', id, bytes.subarray(10), 10)).status).toBe(204);
  await firm.unchanged(before);
});

test('RT-445 half an upload is no blob: nobody reads it, and no record may name it', async () => {
  const before = await firm.state();
  const bytes = randomBytes(1000);
  const digest = sha256(bytes);
  const { body } = await create('dana', digest, bytes.length);
  await append('dana', String(body.id), bytes.subarray(0, 999));
  for (const name of [digest, sha256(bytes.subarray(0, 999))])
    expect((await firm.as('dana').get(`/v1/blobs/${name}`)).status).toBe(404);
  const { ref } = firm.live.candidate;
  const naming = await firm.sign(
    {
      type: 'evidence-attachment',
      actor: 'dana',
      scope: 'version',
      subjectRef: ref,
      blobs: [digest],
      content: {
        evidence: 'benchmark-test',
        title: 'half',
        file: { name: 'half', digest, size: 1000, mediaType: 'text/plain' },
        statement: 'whole',
      },
    },
    'dana',
  );
  await firm.refused(await firm.send('dana', naming), {
    status: 409,
    code: 'record_refused',
    says: /are not stored/,
  });
  await send('dana', ['DELETE', `/v1/uploads/${body.id}`], { headers: TUS });
  await firm.unchanged(before);
});

test('RT-446 200 uploads at once are no more than one person may have, and the firm answers on', async () => {
  const before = await firm.state();
  const all = await Promise.all(
    Array.from({ length: 200 }, () => create('dana', sha256(randomBytes(8)), 1024 ** 3)),
  );
  const opened = all.filter(({ status }) => status === 201);
  expect(opened).toHaveLength(32);
  expect(new Set(all.map(({ code }) => code))).toEqual(new Set([undefined, 'upload_limit']));
  expect((await create('omar', sha256(randomBytes(8)), 9)).status).toBe(201);
  const huge = await create('vera', sha256(randomBytes(8)), 100 * 1024 ** 3 + 1);
  expect([huge.status, huge.code]).toEqual([413, 'upload_too_large']);
  for (const { body } of opened)
    await send('dana', ['DELETE', `/v1/uploads/${body.id}`], { headers: TUS });
  await firm.unchanged(before);
});

test('RT-447 the name of an upload or of bytes is never a path', async () => {
  const before = await firm.state();
  const listed = uploads();
  for (const id of ['..%2f..%2fconfig.json', '..', 'x%00', '....', `${'a'.repeat(200)}`]) {
    for (const method of ['GET', 'HEAD', 'DELETE']) {
      const answer = await send('dana', [method, `/v1/uploads/${id}`], { headers: TUS });
      expect([400, 404]).toContain(answer.status);
    }
  }
  for (const name of ['../../../../tmp/owned', '..', '/etc/passwd', `${'a'.repeat(63)}\n`]) {
    const answer = await create('dana', name, 9);
    expect([answer.status, answer.code]).toEqual([400, 'request_malformed']);
  }
  expect(existsSync('/tmp/owned')).toBe(false);
  expect(uploads()).toEqual(listed);
  await firm.unchanged(before);
});
