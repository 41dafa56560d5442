// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ErrorReply, MissingReply, UploadReply } from '@countersign/contract';
import type { InjectOptions } from 'fastify';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recordByPlatform } from '../src/records/index.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const MEGABYTE = 1024 * 1024;
const seed = Number(process.env.UPLOAD_SEED ?? randomBytes(4).readUInt32LE());

let server: TestServer;
let port: number;
let scratch: string;
beforeAll(async () => {
  console.log(`UPLOAD_SEED=${seed}`);
  server = await testServer();
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  port = (server.app.server.address() as AddressInfo).port;
  scratch = await mkdtemp(join(tmpdir(), 'countersign-uploads-'));
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
  await rm(scratch, { recursive: true, force: true });
});

const TUS = { 'tus-resumable': '1.0.0' };
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const metadataOf = (digest: string) => `sha256 ${Buffer.from(digest).toString('base64')}`;

function create(account: string, at: { digest: string; size: number | string }) {
  return server.as(account, {
    method: 'POST',
    url: '/v1/uploads',
    headers: {
      ...TUS,
      'upload-length': String(at.size),
      'upload-metadata': metadataOf(at.digest),
    },
  });
}

function append(account: string, id: string, at: { offset: number; bytes: Uint8Array }) {
  return server.as(account, {
    method: 'PATCH',
    url: `/v1/uploads/${id}`,
    headers: {
      ...TUS,
      'upload-offset': String(at.offset),
      'content-type': 'application/offset+octet-stream',
    },
    payload: Buffer.from(at.bytes),
  });
}

async function missing(account: string, digests: readonly string[]) {
  const answer = await server.as(account, {
    method: 'POST',
    url: '/v1/blobs/missing',
    payload: { digests },
  });
  return answer.json<MissingReply>().missing;
}

const codeOf = (answer: { json<T>(): T }) => answer.json<ErrorReply>().error.code;
const get = (account: string, digest: string, headers: InjectOptions['headers'] = {}) =>
  server.as(account, { url: `/v1/blobs/${digest}`, headers });

describe('an upload', () => {
  test('is opened, goes on at its offset, and is a blob with its last byte', async () => {
    const bytes = randomBytes(300_000);
    const digest = sha256(bytes);
    const opened = await create('dev', { digest, size: bytes.length });
    expect(opened.statusCode).toBe(201);
    const { id } = opened.json<UploadReply>();
    expect(opened.headers).toMatchObject({ location: `/v1/uploads/${id}`, ...TUS });
    expect(Date.parse(String(opened.headers['upload-expires']))).toBeGreaterThan(Date.now());
    const first = await append('dev', id, { offset: 0, bytes: bytes.subarray(0, 100_000) });
    expect([first.statusCode, first.headers['upload-offset']]).toEqual([204, '100000']);
    expect(await missing('dev', [digest])).toEqual([
      { digest, upload: { id, size: bytes.length, offset: 100_000 } },
    ]);
    expect((await get('dev', digest)).statusCode).toBe(404);
    const head = await server.as('dev', {
      method: 'HEAD',
      url: `/v1/uploads/${id}`,
      headers: TUS,
    });
    expect(head.headers).toMatchObject({
      'upload-offset': '100000',
      'upload-length': '300000',
      'cache-control': 'no-store',
    });
    await append('dev', id, { offset: 100_000, bytes: bytes.subarray(100_000) });
    expect((await get('val', digest)).rawPayload.equals(bytes)).toBe(true);
    expect(await missing('dev', [digest])).toEqual([]);
    // Known bytes are not sent again, whoever asks.
    const again = await create('owner', { digest, size: bytes.length });
    expect(again.json<UploadReply>()).toMatchObject({ state: 'stored', offset: bytes.length });
    const wrong = await create('owner', { digest, size: 5 });
    expect([wrong.statusCode, codeOf(wrong)]).toEqual([400, 'request_malformed']);
  });

  test('refuses what does not fit, with a code, and goes on', async () => {
    const bytes = randomBytes(1000);
    const digest = sha256(bytes);
    const { id } = (await create('dev', { digest, size: 1000 })).json<UploadReply>();
    const offset = await append('dev', id, { offset: 1, bytes });
    expect([offset.statusCode, codeOf(offset)]).toEqual([409, 'upload_offset_wrong']);
    const more = await append('dev', id, { offset: 0, bytes: randomBytes(1001) });
    expect([more.statusCode, codeOf(more)]).toEqual([413, 'upload_too_large']);
    const media = await server.as('dev', {
      method: 'PATCH',
      url: `/v1/uploads/${id}`,
      headers: { ...TUS, 'upload-offset': '0', 'content-type': 'application/octet-stream' },
      payload: bytes,
    });
    expect([media.statusCode, codeOf(media)]).toEqual([415, 'media_type_unsupported']);
    const version = await server.as('dev', {
      method: 'PATCH',
      url: `/v1/uploads/${id}`,
      headers: {
        'tus-resumable': '0.2.2',
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
      },
      payload: bytes,
    });
    expect([version.statusCode, codeOf(version)]).toEqual([412, 'tus_version_unsupported']);
    expect(version.headers['tus-version']).toBe('1.0.0');
    for (const account of ['owner', 'ada']) {
      const other = await append(account, id, { offset: 0, bytes });
      expect([other.statusCode, codeOf(other)]).toEqual([404, 'upload_unknown']);
    }
    expect((await append('dev', id, { offset: 0, bytes })).statusCode).toBe(204);
  });

  test.each([
    ['a negative length', { 'upload-length': '-1' }],
    ['no length', { 'upload-length': '' }],
    ['a length beyond whole numbers', { 'upload-length': '9999999999999999' }],
    ['a digest in capitals', { 'upload-metadata': metadataOf('A'.repeat(64)) }],
    ['a path for a digest', { 'upload-metadata': metadataOf('../../../etc/passwd') }],
    ['no digest', { 'upload-metadata': 'name YQ==' }],
  ])('with %s is not opened', async (_, headers) => {
    const digest = sha256(randomBytes(9));
    const answer = await server.as('dev', {
      method: 'POST',
      url: '/v1/uploads',
      headers: {
        ...TUS,
        'upload-length': '9',
        'upload-metadata': metadataOf(digest),
        ...headers,
      },
    });
    expect([answer.statusCode, codeOf(answer)]).toEqual([400, 'request_malformed']);
  });

  test('above the largest blob, or of somebody without a role, is not opened', async () => {
    const digest = sha256(randomBytes(9));
    const large = await create('dev', { digest, size: 101 * 1024 ** 3 });
    expect([large.statusCode, codeOf(large)]).toEqual([413, 'upload_too_large']);
    expect((await create('clerk', { digest, size: 9 })).statusCode).toBe(403);
    const options = await server.app.inject({ method: 'OPTIONS', url: '/v1/uploads' });
    expect(options.statusCode).toBe(204);
    expect(options.headers).toMatchObject({
      'tus-version': '1.0.0',
      'tus-extension': 'creation,expiration,termination',
      'tus-max-size': String(100 * 1024 ** 3),
    });
  });

  test('of other bytes than its digest’s leaves nothing, and says so', async () => {
    const digest = sha256(randomBytes(64));
    const other = randomBytes(64);
    const { id } = (await create('dev', { digest, size: 64 })).json<UploadReply>();
    const answer = await append('dev', id, { offset: 0, bytes: other });
    expect([answer.statusCode, codeOf(answer)]).toEqual([422, 'upload_digest_differs']);
    for (const one of [digest, sha256(other)]) expect((await get('val', one)).statusCode).toBe(404);
    const state = await server.as('dev', { url: `/v1/uploads/${id}` });
    expect(state.json<UploadReply>().state).toBe('refused');
  });

  test('is given up with DELETE', async () => {
    const bytes = randomBytes(64);
    const digest = sha256(bytes);
    const { id } = (await create('dev', { digest, size: 64 })).json<UploadReply>();
    await append('dev', id, { offset: 0, bytes: bytes.subarray(0, 10) });
    const remove = (account: string) =>
      server.as(account, { method: 'DELETE', url: `/v1/uploads/${id}`, headers: TUS });
    expect((await remove('owner')).statusCode).toBe(404);
    expect((await remove('dev')).statusCode).toBe(204);
    expect(await missing('dev', [digest])).toEqual([{ digest }]);
  });
});

describe('another implementation of tus', () => {
  test(`sends a file through a network that breaks at random bytes (UPLOAD_SEED=${seed})`, async () => {
    const bytes = randomBytes(6 * MEGABYTE + 13);
    const path = join(scratch, 'artefact');
    await writeFile(path, bytes);
    const afterBytes = (share: number) => 2000 + (Math.floor(share * seed) % (2 * MEGABYTE));
    const proxy = await startCuttingProxy(port, [
      { direction: 'to-server', afterBytes: afterBytes(1) },
      { direction: 'to-server', afterBytes: afterBytes(0.71) },
      { direction: 'to-client', afterBytes: 10 + (seed % 200) },
    ]);
    const input = createReadStream(path);
    await new Promise<void>((settle, fail) => {
      new Upload(input, {
        endpoint: `${proxy.url}/v1/uploads`,
        metadata: { sha256: sha256(bytes), name: 'artefact' },
        headers: { authorization: `Bearer ${server.person('dev').token}` },
        retryDelays: [0, 20, 50, 100, 200, 500, 1000, 1000, 1000, 1000],
        storeFingerprintForResuming: false,
        // A connection that breaks before the upload has a name makes the client open another: that is its way.
        onError: fail,
        onSuccess: () => settle(),
      }).start();
    });
    input.destroy();
    expect(proxy.count()).toBeGreaterThanOrEqual(2);
    await proxy.close();
    expect((await get('val', sha256(bytes))).rawPayload.equals(bytes)).toBe(true);
  });

  test('two of them with the same bytes at once both come to an end', async () => {
    const bytes = randomBytes(2 * MEGABYTE);
    const one = (account: string) =>
      new Promise<void>((settle, fail) => {
        new Upload(bytes, {
          endpoint: `http://127.0.0.1:${port}/v1/uploads`,
          metadata: { sha256: sha256(bytes) },
          headers: { authorization: `Bearer ${server.person(account).token}` },
          chunkSize: 300_000,
          retryDelays: [0, 20, 50, 100, 200, 500],
          storeFingerprintForResuming: false,
          onError: fail,
          onSuccess: () => settle(),
        }).start();
      });
    await Promise.all([one('dev'), one('owner'), one('dev')]);
    expect((await get('val', sha256(bytes))).rawPayload.equals(bytes)).toBe(true);
  });
});

describe('bytes', () => {
  test('are read in ranges that belong together', async () => {
    const bytes = randomBytes(100_000);
    const digest = sha256(bytes);
    await server.context.blobs.put(bytes);
    const head = await server.as('val', { method: 'HEAD', url: `/v1/blobs/${digest}` });
    expect([head.statusCode, head.payload]).toEqual([200, '']);
    const etag = `"${digest}"`;
    expect(head.headers).toMatchObject({
      'content-length': '100000',
      'accept-ranges': 'bytes',
      etag,
    });
    const part = await get('val', digest, { range: 'bytes=99990-', 'if-range': etag });
    expect(part.statusCode).toBe(206);
    expect(part.headers).toMatchObject({
      'content-range': 'bytes 99990-99999/100000',
      'content-length': '10',
    });
    expect(part.rawPayload.equals(bytes.subarray(99_990))).toBe(true);
    // Of something else: the whole is the answer.
    const whole = await get('val', digest, { range: 'bytes=99990-', 'if-range': '"other"' });
    expect([whole.statusCode, whole.rawPayload.length]).toEqual([200, 100_000]);
    const behind = await get('val', digest, { range: 'bytes=100000-' });
    expect([behind.statusCode, codeOf(behind)]).toEqual([416, 'range_unsatisfiable']);
    expect(behind.headers['content-range']).toBe('bytes */100000');
    const unknown = await server.as('val', { method: 'HEAD', url: `/v1/blobs/${'e'.repeat(64)}` });
    expect(unknown.statusCode).toBe(404);
  });

  test('too many to be read twice, and damaged, break off before their last, and the operator is told', async () => {
    const bytes = Buffer.alloc(65 * MEGABYTE, 'evidence ');
    const { digest } = await server.context.blobs.putStream([bytes] as never);
    const file = join(server.dataDir, 'blobs', 'sha256', digest.slice(0, 2), digest);
    await chmod(file, 0o600);
    const handle = await open(file, 'r+');
    await handle.write('!', 12_345);
    await handle.close();
    const response = await fetch(`http://127.0.0.1:${port}/v1/blobs/${digest}`, {
      headers: { authorization: `Bearer ${server.person('val').token}` },
    });
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    await expect(response.arrayBuffer()).rejects.toThrow();
    expect(server.failures.splice(0)).toMatchObject([{ code: 'blob_corrupt' }]);
    await rm(file);
  });

  test('that are sealed are neither read in part, nor measured, nor said to be here', async () => {
    const rows = randomBytes(2000);
    const { digest } = await server.context.blobs.put(rows);
    const { context } = server;
    const sealed = await context.database.db.transaction().execute((tx) =>
      recordByPlatform(context, tx, {
        type: 'dataset-snapshot',
        scope: 'dataset',
        subjectRef: { model: 'credit', use: 'underwriting', dataset: 'applications' },
        producer: 'pipeline',
        source: [],
        content: {
          dataset: 'applications',
          split: 'holdout',
          sealed: true,
          contentDigest: digest,
        },
      }),
    );
    await context.records.including([sealed.digest]);
    for (const account of ['dev', 'val', 'owner']) {
      expect((await get(account, digest)).statusCode).toBe(403);
      expect((await get(account, digest, { range: 'bytes=0-9' })).statusCode).toBe(403);
      const head = await server.as(account, { method: 'HEAD', url: `/v1/blobs/${digest}` });
      expect([head.statusCode, head.headers['content-length']]).not.toContain('2000');
      expect(head.statusCode).toBe(403);
      // As if they were not here: whoever names them sends them, and may read them no more than before.
      expect(await missing(account, [digest])).toEqual([{ digest }]);
      const opened = (await create(account, { digest, size: 2000 })).json<UploadReply>();
      expect(opened).toMatchObject({ state: 'open', offset: 0 });
      expect((await append(account, opened.id, { offset: 0, bytes: rows })).statusCode).toBe(204);
      expect((await get(account, digest)).statusCode).toBe(403);
      expect(await missing(account, [digest])).toEqual([{ digest }]);
    }
    expect((await get('audit', digest, { range: 'bytes=0-9' })).statusCode).toBe(206);
  });
});
