// SPDX-License-Identifier: Apache-2.0
// Workers as processes of their own beside a server that only submits, and what is left when one is killed.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkerList } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeConfig } from '../src/config-file.ts';
import { startWorker } from '../src/start-worker.ts';
import { type Actors, actors, intake, MODEL, runRequest } from './model-life.ts';
import { SCORECARD_PIPELINE, scorecardRepository } from './scorecard-repository.ts';
import { type TestServer, testServer } from './server-fixture.ts';

/** Two steps before the training, so that there is a step to be killed in at the beginning, the middle and the end. */
const PIPELINE = SCORECARD_PIPELINE.replace(
  'steps:\n  train:\n    run: sh train.sh\n    inputs: [applications.development]',
  `steps:
  first: { run: "sleep 1; echo one > one.txt", outputs: [one.txt] }
  second: { run: "sleep 1; cat one.txt one.txt > two.txt", inputs: [one.txt], outputs: [two.txt] }
  train:
    run: sleep 1; sh train.sh
    inputs: [applications.development, two.txt]`,
);

const WAIT = { timeout: 60_000, interval: 100 };
let server: TestServer;
let act: Actors;
let directory: string;
const alive: ChildProcess[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'countersign-workers-'));
  server = await testServer();
  const { root, dataDir } = { root: server.context.root, dataDir: server.dataDir };
  const ports = { api: 0, gateway: 0 };
  const config = { v: 1, root, firm: 'First River Bank', workspace: 'main' } as const;
  await writeConfig(dataDir, { ...config, demonstration: true, ports });
  // The application's role keeps its password when a worker prepares the database.
  const { password } = new URL(server.database.url);
  await writeFile(join(dataDir, 'keys', 'database-password'), decodeURIComponent(password));
  act = actors(server);
  await intake(server);
  await Promise.all([work(), work()]);
});
afterAll(async () => {
  for (const child of alive) child.kill('SIGKILL');
  await server?.close();
  await rm(directory, { recursive: true, force: true });
});

async function work(): Promise<ChildProcess> {
  const args = [server.dataDir, server.database.ownerUrl];
  const child = fork(join(import.meta.dirname, 'worker-child.ts'), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  alive.push(child);
  await once(child, 'message');
  return child;
}

/** The worker that has a job, and its number. */
async function holder(job: string): Promise<{ child: ChildProcess; runner: number }> {
  const { workers } = (await act.get('ops', '/v1/workers')) as WorkerList;
  const has = workers.find(({ jobs }) => jobs.includes(job));
  const child = alive.find(({ pid }) => pid === has?.process);
  if (has === undefined || child === undefined) throw new Error('no worker has the job');
  return { child, runner: has.id };
}

const typesOf = async (): Promise<readonly string[]> => {
  const { records } = await act.get('audit', `/v1/records?model=${MODEL}`);
  return records.map((one: { type: string }) => one.type);
};

/** Command lines of processes that were given a path below `directory`. */
async function processesIn(directory: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')), // ended meanwhile
  );
  return lines.filter((line) => line.includes(directory));
}

describe('a worker killed without a word', { timeout: 120_000 }, () => {
  // At each of three steps: packages/pipeline/tests/resume-run.test.ts; here the whole of the platform stands around one.
  test.each(['second'])(
    'in step %s: another takes its run up and registers it once, and nothing of it is left',
    async (step) => {
      const before = await typesOf();
      const place = join(directory, step);
      const author = { name: 'Dev', email: 'dev@elsewhere.example' };
      const repository = await scorecardRepository(place, author, PIPELINE);
      const request = await runRequest(server, repository);
      const { body } = await act.post('dev', '/v1/jobs', { kind: 'run', request });
      const job = () => act.get('dev', `/v1/jobs/${body.job}`);
      const begins = ({ text }: { text: string }) => text.startsWith(`step ${step}:`);
      await expect.poll(async () => (await job()).events.some(begins), WAIT).toBe(true);
      const killed = await holder(body.job);
      killed.child.kill('SIGKILL');
      await once(killed.child, 'exit');
      const replaced = work(); // for the next step
      const others = (types: readonly string[]) => types.filter((type) => type !== 'run-request');
      expect(others(await typesOf())).toEqual(others(before));
      await expect.poll(async () => (await job()).state, WAIT).toBe('done');
      expect(await job()).toMatchObject({ attempts: 2 });
      const trained = (types: readonly string[]) => types.filter((type) => type === 'training-run');
      expect(trained(await typesOf())).toHaveLength(trained(before).length + 1);
      const scratch = join(server.dataDir, 'jobs', String(killed.runner));
      await expect.poll(() => processesIn(`${scratch}/`), WAIT).toEqual([]);
      await expect.poll(() => readdir(scratch).catch(() => 'gone'), WAIT).toBe('gone');
      await replaced;
    },
  );
});

describe('a worker', () => {
  test('beside an embedded database is refused, and told what to do instead', async () => {
    await expect(startWorker({ dataDir: server.dataDir })).rejects.toMatchObject({
      code: 'worker_needs_database',
      message: expect.stringContaining('--workers'),
    });
  });
});
