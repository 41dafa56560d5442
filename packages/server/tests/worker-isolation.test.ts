// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SANDBOX_UID } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runWorker } from '../src/jobs/run-worker.ts';
import { SCORECARD_PIPELINE, scorecardRepository } from './scorecard-repository.ts';
import { type TestServer, testServer } from './server-fixture.ts';

const SECRETS = {
  DATABASE_URL: 'postgres://u:leaked@h/d',
  COUNTERSIGN_PASSPHRASE: 'leaked',
  // Sources of data, of which the commit reads none.
  COUNTERSIGN_SOURCE_PAYROLL: 'postgres://u:leaked@h/d',
  AWS_SECRET_ACCESS_KEY: 'leaked',
};
const PIPELINE = SCORECARD_PIPELINE.replace('run: sh train.sh', 'run: exec sleep 8.61');
const LOOKS_MAX = 300;

interface Seen {
  readonly uid: number;
  readonly environ: readonly string[];
  /** What its descriptors lead to: paths, pipes, sockets. */
  readonly open: readonly string[];
}

let server: TestServer;
let place: string;
let scratch: string;
let worker: Seen;
let step: Seen;
let platform: Seen;
let tcp: ReadonlySet<string>;
let jobFile: string;

/** Looks at the processes of a real run while its one step sleeps and the server has its database open. */
beforeAll(async () => {
  server = await testServer();
  place = await mkdtemp(join(tmpdir(), 'countersign-isolation-'));
  const author = { name: 'Dev', email: 'dev@elsewhere.example' };
  const { commit, bundle } = await scorecardRepository(join(place, 'model'), author, PIPELINE);
  const { blobs } = server.context;
  const { digest } = await blobs.put(bundle);
  scratch = join(server.dataDir, 'jobs', 'looked-at');
  await mkdir(scratch, { recursive: true });
  Object.assign(process.env, SECRETS);
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const report = (text: string) => {
    if (text.startsWith('step train:')) begun.resolve();
  };
  const run = runWorker(
    { scratch, report, signal: stop.signal },
    { blobs, commit, bundle: digest, run: 'looked-at', cache: 'refresh' },
  );
  run.catch(begun.reject); // until the step has begun; afterwards the run is stopped
  try {
    await begun.promise;
    step = await seeProcess((words) => words.join(' ') === 'sleep 8.61');
    worker = await seeProcess((words) => words.includes(join(scratch, 'job.json')));
    platform = await look(String(process.pid));
    tcp = await networkSockets();
    jobFile = await readFile(join(scratch, 'job.json'), 'utf8');
  } finally {
    stop.abort();
    await run.catch(() => undefined);
    for (const name of Object.keys(SECRETS)) delete process.env[name];
  }
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(place, { recursive: true, force: true });
});

describe('the worker of a run', () => {
  test('has three variables of the server’s environment, none of them a secret', () => {
    expect(worker.environ.map((one) => one.split('=')[0]).sort()).toEqual(['HOME', 'LANG', 'PATH']);
  });

  test('inherits no descriptor of the server, whose connections to the database are among them', () => {
    const sockets = platform.open.filter((one) => one.startsWith('socket:'));
    expect(sockets).not.toEqual([]);
    expect(worker.open.filter((one) => sockets.includes(one))).toEqual([]);
  });

  test('has no connection over the network, and is told no address, password or key to open one', () => {
    expect(worker.open.filter((one) => tcp.has(one))).toEqual([]);
    const { username, password } = new URL(server.database.url);
    for (const secret of ['leaked', username, password, 'postgres:', '/keys/', '/published']) {
      expect(jobFile).not.toContain(secret);
    }
    expect(Object.keys(JSON.parse(jobFile)).sort()).toEqual(
      [
        'blobs',
        'cache',
        'cacheDir',
        'cores',
        'draft',
        'hostVariables',
        'kind',
        'run',
        'source',
        'workDir',
      ].sort(),
    );
  });

  test('has no file of the data directory open but its own', () => {
    const own = worker.open.filter((one) => one.startsWith(server.dataDir));
    expect(own.filter((one) => !one.startsWith(scratch))).toEqual([]);
  });

  test('is of the server’s own user: see the README of the pipeline', () => {
    expect(worker.uid).toBe(process.getuid?.());
  });
});

describe('a step', () => {
  test.runIf(process.getuid?.() === 0)('is of another user where the server is root', () => {
    expect(step.uid).toBe(SANDBOX_UID);
  });

  test('has nothing of the server’s environment, database or data directory', () => {
    expect(step.environ.join('\n')).not.toContain('leaked');
    expect(step.environ.join('\n')).not.toContain(server.dataDir);
    expect(
      step.open.filter((one) => one.startsWith('socket:') && platform.open.includes(one)),
    ).toEqual([]);
    expect(step.open.filter((one) => tcp.has(one))).toEqual([]);
    expect(step.open.filter((one) => one.startsWith(server.dataDir))).toEqual([]);
  });
});

async function seeProcess(isIt: (words: readonly string[]) => boolean): Promise<Seen> {
  for (let looked = 0; looked < LOOKS_MAX; looked += 1) {
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // gone
      if (isIt(line.split('\0').filter((word) => word !== ''))) return look(pid);
    }
    await sleep(20);
  }
  throw new Error('no such process was seen');
}

async function look(pid: string): Promise<Seen> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const environ = await readFile(`/proc/${pid}/environ`, 'utf8');
  const open = await Promise.all(
    (await readdir(`/proc/${pid}/fd`)).map((fd) =>
      readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''),
    ),
  );
  return {
    uid: Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]),
    environ: environ.split('\0').filter((one) => one !== ''),
    open,
  };
}

/** Sockets of TCP, as descriptors show them. */
async function networkSockets(): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')), // no IPv6
  );
  const rows = tables.flatMap((table) => table.trim().split('\n').slice(1));
  return new Set(rows.map((row) => `socket:[${row.trim().split(/\s+/)[9]}]`));
}
