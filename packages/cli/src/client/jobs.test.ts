// SPDX-License-Identifier: Apache-2.0
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Session } from '../session.ts';
import { ApiClient } from './api-client.ts';
import { runJob } from './jobs.ts';

const EVENTS = ['snapshot', 'train', 'model'].map((text, index) => ({
  n: index + 1,
  at: `2026-11-22T10:00:0${index}.000Z`,
  text,
}));

let server: Server;
let asked = 0;

/** Answers as the API does, but drops the first connection of events after two of them, as a quiet one is dropped. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const { url = '', method } = request;
    if (method === 'POST') return void response.end(JSON.stringify({ job: 'job-1' }));
    if (url.endsWith('/events')) {
      asked += 1;
      const lines = EVENTS.map((event) => `${JSON.stringify(event)}\n`);
      if (asked > 1) return void response.end(lines.join(''));
      response.write(lines.slice(0, 2).join(''));
      return void setTimeout(() => response.destroy(), 50);
    }
    const state = asked > 1 ? 'done' : 'running';
    const result = asked > 1 ? { records: [] } : undefined;
    response.end(JSON.stringify({ ...JOB, state, ...(result === undefined ? {} : { result }) }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());

const JOB = {
  id: 'job-1',
  kind: 'test',
  params: {},
  actor: 'dev',
  attempts: 1,
  createdAt: '2026-11-22T10:00:00.000Z',
  events: EVENTS,
};

test('a job whose stream of events breaks off is followed to its end, each event shown once', async () => {
  const shown: string[] = [];
  const { port } = server.address() as AddressInfo;
  const client = new ApiClient({ url: `http://127.0.0.1:${port}` });
  const session = {
    client: () => client,
    progress: (text: string) => shown.push(text),
    io: {},
  } as unknown as Session;
  const result = await runJob(session, { kind: 'test', params: {} });
  expect(result).toMatchObject({ records: [], job: 'job-1' });
  expect([asked, shown]).toEqual([2, ['snapshot', 'train', 'model']]);
});

test('whoever stops waiting is told that the job goes on, and how to see it', async () => {
  const stop = new AbortController();
  const { port } = server.address() as AddressInfo;
  const client = new ApiClient({ url: `http://127.0.0.1:${port}`, signal: stop.signal });
  const session = {
    client: () => client,
    progress: () => stop.abort(),
    io: { signal: stop.signal },
  } as unknown as Session;
  await expect(runJob(session, { kind: 'test', params: {} })).rejects.toMatchObject({
    code: 'refused',
    message: 'stopped waiting; job `job-1` goes on at the platform',
    details: { next: 'countersign jobs show job-1 --follow' },
  });
});
