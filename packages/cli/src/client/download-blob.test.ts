// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ApiClient } from './api-client.ts';
import { downloadBlob } from './download-blob.ts';

const bytes = randomBytes(3_000_000);
const digest = createHash('sha256').update(bytes).digest('hex');
const scratch = mkdtempSync(join(tmpdir(), 'download-'));
const path = join(scratch, 'file');
const asked: (string | undefined)[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => {
  asked.push(request.headers.range);
  answer(request, response);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
  rmSync(scratch, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
  rmSync(path, { force: true });
  rmSync(`${path}.part`, { force: true });
});

const fetched = () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const progress = { add: () => {}, takeBack: () => {} };
  return downloadBlob(new ApiClient({ url }), { digest, size: bytes.length, path }, progress);
};

const startOf = ({ headers }: IncomingMessage) =>
  Number(/=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);

function sendFrom(response: ServerResponse, start: number): void {
  if (start > 0) response.statusCode = 206;
  response.end(bytes.subarray(start));
}

test('what an earlier try left is gone on with', async () => {
  writeFileSync(`${path}.part`, bytes.subarray(0, 1_234_567));
  answer = (request, response) => sendFrom(response, startOf(request));
  await fetched();
  expect(asked).toEqual(['bytes=1234567-']);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('a server that knows no ranges sends the whole again, and the rest of it is taken', async () => {
  writeFileSync(`${path}.part`, bytes.subarray(0, 2_000_001));
  answer = (_request, response) => response.end(bytes);
  await fetched();
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('an answer that ends early without a failure is asked for again', async () => {
  answer = (request, response) => {
    const start = startOf(request);
    if (start > 0) return sendFrom(response, start);
    response.write(bytes.subarray(0, 700_000));
    response.end();
  };
  await fetched();
  expect(asked).toEqual([undefined, 'bytes=700000-']);
  expect(readFileSync(path).equals(bytes)).toBe(true);
});

test('other bytes are refused, and neither they nor what led to them is left', async () => {
  const other = Buffer.from(bytes);
  other[1_500_000]! ^= 1;
  answer = (_request, response) => response.end(other);
  await expect(fetched()).rejects.toMatchObject({ code: 'record_unverified' });
  expect([existsSync(path), existsSync(`${path}.part`)]).toEqual([false, false]);
  // As does a part that somebody wrote to.
  writeFileSync(`${path}.part`, other.subarray(0, 2_000_000));
  answer = (request, response) => sendFrom(response, startOf(request));
  await expect(fetched()).rejects.toMatchObject({ code: 'record_unverified' });
  expect(existsSync(`${path}.part`)).toBe(false);
});

test('more bytes than there are fill no disk', async () => {
  answer = (_request, response) => {
    response.write(bytes);
    const more = () => {
      while (response.write(Buffer.alloc(65_536)));
    };
    response.on('drain', more);
    response.on('error', () => {});
    more();
  };
  await expect(fetched()).rejects.toMatchObject({ code: 'record_unverified' });
});
