// SPDX-License-Identifier: Apache-2.0
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ServerError } from '../src/errors.ts';
import { type JobRunners, type JobService, type JobWork, startJobs } from '../src/jobs/index.ts';
import { recordByPlatform } from '../src/records/index.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
const services: JobService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  await server.close();
});

/** The queue with the given work for `test` jobs; every other kind is not asked for here. */
async function start(work: JobRunners['test']): Promise<JobService> {
  const service = await startJobs(server.context, { test: work } as JobRunners);
  services.push(service);
  return service;
}

const submit = (service: JobService) =>
  service.submit({ kind: 'test', params: { model: 'm', version: 1 }, actor: 'dev' });

async function ended(service: JobService, id: string) {
  for (let poll = 0; poll < 200; poll += 1) {
    const job = await service.read(id);
    if (job.state === 'done' || job.state === 'failed') return job;
    await sleep(50);
  }
  throw new Error('the job did not end');
}

const integrityCheck = (tx: Parameters<typeof recordByPlatform>[1]) =>
  recordByPlatform(server.context, tx, {
    type: 'integrity-check',
    scope: 'firm',
    subjectRef: {},
    producer: 'platform',
    source: [],
    content: { result: 'done' },
  });

async function recordsOfType(type: string): Promise<number> {
  const { records } = await server.context.records.current();
  return records.filter(({ statement }) => statement.predicate.type === type).length;
}

describe('a job', { timeout: 60_000 }, () => {
  test('is done together with its records, and its events are followed to the end', async () => {
    server = await testServer();
    await server.context.jobs.stop();
    const service = await start(async (_context, work) => {
      work.report('first');
      await sleep(50);
      work.report('second');
      return async (tx) => ({ records: [(await integrityCheck(tx)).digest] });
    });
    const id = await submit(service);
    const texts: string[] = [];
    for await (const event of service.follow(id, new AbortController().signal))
      texts.push(event.text);
    expect(texts).toEqual(['first', 'second']);
    expect(await service.read(id)).toMatchObject({ state: 'done', attempts: 1 });
    expect(await recordsOfType('integrity-check')).toBe(1);
  });

  test('of a signed request is one, however often it is asked for at once, until it fails', async () => {
    server = await testServer();
    await server.context.jobs.stop();
    const { digest } = await server.context.database.db
      .transaction()
      .execute((tx) => integrityCheck(tx)); // any record: the queue does not read it
    const fails = Promise.withResolvers<void>();
    const service = await start(async () => {
      await fails.promise;
      throw new ServerError('evidence_unavailable', 'nothing to test');
    });
    const ask = () => service.submit({ kind: 'test', params: {}, actor: 'dev', request: digest });
    const ids = new Set(await Promise.all(Array.from({ length: 8 }, ask)));
    expect(ids.size).toBe(1);
    fails.resolve();
    const [first = ''] = ids;
    expect(await ended(service, first)).toMatchObject({ state: 'failed' });
    const again = await ask();
    expect(ids.has(again)).toBe(false);
    expect(await ended(service, again)).toMatchObject({ state: 'failed', attempts: 1 });
  });

  test('that reports without end has a bounded number of events, the last of which says so', async () => {
    server = await testServer();
    await server.context.jobs.stop();
    const service = await start(async (_context, work) => {
      for (let line = 0; line < 20_000; line += 1) work.report(`line ${line}`);
      return async () => ({ records: [] });
    });
    const id = await submit(service);
    const texts: string[] = [];
    for await (const event of service.follow(id, new AbortController().signal))
      texts.push(event.text);
    expect(texts).toHaveLength(5_000);
    expect(texts.at(-1)).toContain('left out');
  });

  test('that fails while it registers leaves no record behind', async () => {
    server = await testServer();
    await server.context.jobs.stop();
    const service = await start(async () => async (tx) => {
      await integrityCheck(tx);
      throw new ServerError('evidence_unavailable', 'the second record cannot be made');
    });
    const job = await ended(service, await submit(service));
    expect(job).toMatchObject({ state: 'failed', error: { code: 'evidence_unavailable' } });
    await sleep(200);
    expect(await recordsOfType('integrity-check')).toBe(0);
  });

  test('that a stopping server cut off is taken up again from its beginning', async () => {
    server = await testServer();
    await server.context.jobs.stop();
    const begun = Promise.withResolvers<void>();
    const first = await start((_context, work) => {
      begun.resolve();
      return untilAborted(work);
    });
    const id = await submit(first);
    await begun.promise;
    await first.stop();
    services.length = 0;
    expect(await recordsOfType('integrity-check')).toBe(0);
    const second = await start(async () => async (tx) => ({
      records: [(await integrityCheck(tx)).digest],
    }));
    expect(await ended(second, id)).toMatchObject({ state: 'done', attempts: 2 });
    expect(await recordsOfType('integrity-check')).toBe(1);
    expect(await readdir(join(server.dataDir, 'jobs'))).toEqual([]);
  });

  test('that was cut off twice fails and says so', async () => {
    server = await testServer();
    await server.context.jobs.stop();
    let id: string | undefined;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const begun = Promise.withResolvers<void>();
      const service = await start((_context, work) => {
        begun.resolve();
        return untilAborted(work);
      });
      id ??= await submit(service);
      await begun.promise;
      await service.stop();
      services.length = 0;
    }
    const last = await start(async () => {
      throw new Error('it must not be tried a third time');
    });
    expect(await ended(last, id ?? '')).toMatchObject({
      state: 'failed',
      attempts: 2,
      error: { code: 'job_interrupted' },
    });
  });

  test('of work that errs unforeseen tells nothing but that', async () => {
    server = await testServer();
    await server.context.jobs.stop();
    const service = await start(async () => {
      throw new TypeError('a secret detail');
    });
    const job = await ended(service, await submit(service));
    expect(job).toMatchObject({ state: 'failed', error: { code: 'internal' } });
    expect(JSON.stringify(job)).not.toContain('secret');
  });
});

/** Work that hears of nothing but the end of the server. */
function untilAborted(work: JobWork): Promise<never> {
  return new Promise((_resolve, reject) => {
    work.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
}
