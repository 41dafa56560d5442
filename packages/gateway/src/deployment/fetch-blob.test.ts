// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fetchBlob } from './fetch-blob.ts';

const MEGABYTE = 1024 * 1024;
const bytes = randomBytes(5 * MEGABYTE);
const limits = { maxBytes: 6 * MEGABYTE, timeoutMs: 10_000 };

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function served(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly baseUrl: string }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

/** Sends from `start` on, and breaks off after so many bytes. */
function breakOff(response: ServerResponse, start: number, count: number): void {
  response.setHeader('content-length', bytes.length - start);
  response.write(bytes.subarray(start, start + count), () => response.destroy());
}

const startOf = (request: IncomingMessage) =>
  Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);

test('an answer that breaks off is gone on with behind what came, of the same entity', async () => {
  const asked: unknown[][] = [];
  const source = await served((request, response) => {
    const start = startOf(request);
    asked.push([
      request.headers.range === undefined ? undefined : 'range',
      request.headers['if-range'],
    ]);
    response.setHeader('etag', '"one"');
    if (start > 0)
      response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    response.statusCode = start > 0 ? 206 : 200;
    if (asked.length < 3) breakOff(response, start, 2 * MEGABYTE);
    else response.end(bytes.subarray(start));
  });
  expect(Buffer.from(await fetchBlob(source, 'x', limits)).equals(bytes)).toBe(true);
  expect(asked).toEqual([
    [undefined, undefined],
    ['range', '"one"'],
    ['range', '"one"'],
  ]);
});

test('a place that knows no ranges is asked for the whole again', async () => {
  let count = 0;
  const source = await served((_request, response) => {
    count += 1;
    if (count === 1) breakOff(response, 0, 2 * MEGABYTE);
    else response.end(bytes);
  });
  expect(Buffer.from(await fetchBlob(source, 'x', limits)).equals(bytes)).toBe(true);
  expect(count).toBe(2);
});

test('a place that breaks off again and again without bringing more is given up', async () => {
  let count = 0;
  const source = await served((request, response) => {
    count += 1;
    const start = startOf(request);
    response.statusCode = start > 0 ? 206 : 200;
    if (start > 0)
      response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    breakOff(response, start, count === 1 ? 2 * MEGABYTE : 1000);
  });
  await expect(fetchBlob(source, 'x', limits)).rejects.toMatchObject({
    code: 'server_unreachable',
  });
  expect(count).toBe(2);
});

test('another range than was asked for, and more than is taken, are no answer', async () => {
  let count = 0;
  const shifted = await served((_request, response) => {
    count += 1;
    if (count === 1) return breakOff(response, 0, 2 * MEGABYTE);
    response.writeHead(206, { 'content-range': `bytes 5-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(5));
  });
  await expect(fetchBlob(shifted, 'x', limits)).rejects.toThrow('another range');
  const large = await served((_request, response) => response.end(Buffer.alloc(7 * MEGABYTE)));
  await expect(fetchBlob(large, 'x', limits)).rejects.toThrow('larger than');
});
