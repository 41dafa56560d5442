// SPDX-License-Identifier: Apache-2.0
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorReply } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(async () => {
  expect(server.failures).toEqual([]);
  await server.close();
});

describe('bytes', () => {
  test('are stored and read by their digest', async () => {
    const bytes = Buffer.from('some evidence\n');
    const put = await server.as('dev', {
      method: 'PUT',
      url: '/v1/blobs',
      headers: { 'content-type': 'application/octet-stream' },
      payload: bytes,
    });
    expect(put.statusCode).toBe(200);
    const { digest, size } = put.json<{ digest: string; size: number }>();
    expect(size).toBe(bytes.length);
    const got = await server.as('val', { url: `/v1/blobs/${digest}` });
    expect(got.rawPayload.equals(bytes)).toBe(true);
    const missing = await server.as('val', { url: `/v1/blobs/${'e'.repeat(64)}` });
    expect(missing.statusCode).toBe(404);
    expect(missing.json<ErrorReply>().error.code).toBe('blob_unknown');
  });

  test('that were damaged on disk are refused by name before any of them is sent, and mended by the next put', async () => {
    const bytes = Buffer.alloc(3 * 1024 * 1024, 'evidence ');
    const put = () =>
      server.as('dev', {
        method: 'PUT',
        url: '/v1/blobs',
        headers: { 'content-type': 'application/octet-stream' },
        payload: bytes,
      });
    const { digest } = (await put()).json<{ digest: string }>();
    const file = join(server.dataDir, 'blobs', 'sha256', digest.slice(0, 2), digest);
    await chmod(file, 0o600);
    const damaged = Buffer.from(bytes);
    damaged[damaged.length - 1]! ^= 1;
    await writeFile(file, damaged);
    const got = await server.as('val', { url: `/v1/blobs/${digest}` });
    expect(got.statusCode).toBe(409);
    const { error } = got.json<ErrorReply>();
    expect(error).toMatchObject({ code: 'blob_corrupt', next: 'countersign ledger verify' });
    expect(error.message).toContain(digest);
    // Whoever operates the server is told as well.
    expect(server.failures.splice(0)).toMatchObject([{ code: 'blob_corrupt' }]);
    const audit = await server.as('audit', { url: '/v1/audit?account=val&limit=10' });
    expect(audit.json<{ events: object[] }>().events).toEqual([]); // it says nothing about the caller
    await put();
    const mended = await server.as('val', { url: `/v1/blobs/${digest}` });
    expect(mended.headers['content-length']).toBe(String(bytes.length));
    expect(mended.rawPayload.equals(bytes)).toBe(true);
  });
});
