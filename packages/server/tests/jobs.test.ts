// SPDX-License-Identifier: Apache-2.0
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ServerError } from '../src/errors.ts';
import {
  type JobRunners,
  type JobService,
  type JobWork,
  livingRunners,
  startJobs,
} from '../src/jobs/index.ts';
import { recordByPlatform } from '../src/records/index.ts';
import { connectClient } from '../src/store/database.ts';
import { type TestServer, testServer } from './server-fixture.ts';

let server: TestServer;
const services: JobService[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop();
  await server.close();
});

/** The queue with the given work for `test` jobs; every other kind is not asked for here. */
async function start(work: JobRunners['test'], concurrency = 1): Promise<JobService> {
  const service = await startJobs(server.context, { test: work } as JobRunners, { concurrency });
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
    await second.stop();
    expect(await readdir(join(server.dataDir, 'jobs'))).toEqual([]);
  });

  test('that was cut off twice fails and says so', async () => {
    server = await testServer();
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

  test('whose worker was killed is taken up once more, and fails when that one is killed too', async () => {
    server = await testServer();
    let killed = 0;
    const service = await start(async () => {
      killed += 1;
      const details = { how: 'signal SIGKILL', tail: '' };
      throw new ServerError('worker_failed', 'the worker ended without an answer', { details });
    });
    const job = await ended(service, await submit(service));
    expect(job).toMatchObject({ state: 'failed', attempts: 2, error: { code: 'worker_failed' } });
    expect(killed).toBe(2);
  });

  test('of work that errs unforeseen tells nothing but that', async () => {
    server = await testServer();
    const service = await start(async () => {
      throw new TypeError('a secret detail');
    });
    const job = await ended(service, await submit(service));
    expect(job).toMatchObject({ state: 'failed', error: { code: 'internal' } });
    expect(JSON.stringify(job)).not.toContain('secret');
  });
});

describe('several runners on one database', { timeout: 60_000 }, () => {
  test('share the queue: each job is done once, and both have some', async () => {
    server = await testServer();
    const done: string[] = [];
    const workBy =
      (name: string): JobRunners['test'] =>
      async () => {
        await sleep(300);
        return async (tx) => {
          done.push(name);
          return { records: [(await integrityCheck(tx)).digest] };
        };
      };
    const first = await start(workBy('first'));
    await start(workBy('second'));
    const ids = await Promise.all(Array.from({ length: 8 }, () => submit(first)));
    const jobs = await Promise.all(ids.map((id) => ended(first, id)));
    expect(jobs.map(({ state, attempts }) => [state, attempts])).toEqual(
      ids.map(() => ['done', 1]),
    );
    expect(done).toHaveLength(8);
    expect(new Set(done)).toEqual(new Set(['first', 'second']));
    expect(await recordsOfType('integrity-check')).toBe(8);
  });

  test('one does several jobs at once when it is told to', async () => {
    server = await testServer();
    const together = Promise.withResolvers<void>();
    let begun = 0;
    const service = await start(async () => {
      begun += 1;
      if (begun === 3) together.resolve();
      await together.promise; // never, were they done one after another
      return async () => ({ records: [] });
    }, 3);
    const ids = await Promise.all(Array.from({ length: 3 }, () => submit(service)));
    for (const id of ids) expect(await ended(service, id)).toMatchObject({ state: 'done' });
  });

  test('what one had that lost its session is taken up by the other, and counts once', async () => {
    server = await testServer();
    const { database, workspace } = server.context;
    const begun = Promise.withResolvers<void>();
    const cut = Promise.withResolvers<void>();
    const first = await start(async () => {
      begun.resolve();
      await cut.promise; // deaf to its end, as a process that was suspended
      return async (tx) => ({ records: [(await integrityCheck(tx)).digest], by: 'first' });
    });
    const id = await submit(first);
    await begun.promise;
    const [loser] = await livingRunners(database.db, workspace);
    expect(loser?.jobs).toEqual([id]);
    const second = await start(async () => async (tx) => ({
      records: [(await integrityCheck(tx)).digest],
      by: 'second',
    }));
    const owner = await connectClient(server.database.ownerUrl);
    await owner.query(
      "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND objid = $1",
      [loser?.id],
    );
    await owner.end();
    const job = await ended(second, id);
    cut.resolve();
    expect(job).toMatchObject({ state: 'done', attempts: 2, result: { by: 'second' } });
    await first.stop();
    expect(await recordsOfType('integrity-check')).toBe(1);
  });

  test('are listed with what they have, and a killed one is not, though nobody noticed yet', async () => {
    server = await testServer();
    const { db } = server.context.database;
    const child = fork(join(import.meta.dirname, 'runner-child.ts'), [server.database.url], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const [id] = (await once(child, 'message')) as [number];
    const listed = async () => (await livingRunners(db, 'main')).map((one) => one.id);
    expect(await listed()).toEqual([id]);
    child.kill('SIGKILL');
    await expect.poll(listed, { timeout: 20_000 }).not.toContain(id);
  });
});

/** Work that hears of nothing but the end of the server. */
function untilAborted(work: JobWork): Promise<never> {
  return new Promise((_resolve, reject) => {
    work.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
}
