// SPDX-License-Identifier: Apache-2.0
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { runProcess } from '../src/process/run-process.ts';
import { archiveSource } from '../src/source/source-revision.ts';
import { commitRepository } from './example-repository.ts';
import { runWorker, WORKER } from './run-worker.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'worker-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const env = {
  PATH: process.env.PATH ?? '',
  HOME: '/nonexistent',
  DATABASE_URL: 'postgres://leaked',
};

test('a worker runs an archived commit and prints events and the result', async () => {
  const files = {
    'countersign.yaml':
      'model: toy\nsteps: { s: { run: "echo working; env > out", outputs: [out] } }\n',
  };
  await commitRepository(join(root, 'repository'), files);
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const { bundle, commit } = await archiveSource(join(root, 'repository'), blobs, root);
  const job = {
    kind: 'run',
    source: { bundle, commit },
    blobs: join(root, 'blobs'),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: false,
  };
  const lines = await runWorker(job, env);
  expect(lines.map(({ type }) => type)).toEqual([
    'phase',
    'step-started',
    'step-log',
    'step-ended',
    'phase',
    'result',
  ]);
  expect(lines.at(-1)).toMatchObject({
    result: { status: 'succeeded', draft: false, source: { commit } },
  });
  expect(JSON.stringify(lines)).not.toContain('leaked');
});

test('a job of another shape is refused with the field', async () => {
  const [line] = await runWorker({ kind: 'run', databaseUrl: 'x' }, env);
  expect(line).toMatchObject({ type: 'error', code: 'job_invalid' });
});

const ORDINARY_UID = '61500';
const asOrdinaryUser = ['--reuid', ORDINARY_UID, '--regid', ORDINARY_UID, '--clear-groups'];

test.runIf(process.getuid?.() === 0)(
  'an ordinary user runs the same job in a user namespace',
  async (context) => {
    await chmod(root, 0o777);
    const readable = await runProcess('setpriv', [...asOrdinaryUser, 'cat', WORKER], { env });
    if (readable.code !== 0) context.skip('this checkout lies where other users cannot read');
    const files = {
      'countersign.yaml':
        'model: toy\nsteps: { s: { run: "id -u > out; cp data.csv out2", outputs: [out, out2] } }\n',
      'data.csv': 'a\n1\n',
    };
    await commitRepository(join(root, 'repository'), files);
    const staging = openFileBlobStore(join(root, 'blobs'));
    const { bundle, commit } = await archiveSource(join(root, 'repository'), staging, root);
    const shared = join(root, 'ordinary');
    await mkdir(shared);
    await cp(join(root, 'blobs'), join(shared, 'blobs'), { recursive: true });
    await runProcess('chown', ['-R', ORDINARY_UID, shared], { env });
    const job = {
      kind: 'run',
      source: { bundle, commit },
      blobs: join(shared, 'blobs'),
      workDir: join(shared, 'work'),
      cacheDir: join(shared, 'cache'),
      draft: false,
    };
    const ended = await runProcess('setpriv', [...asOrdinaryUser, process.execPath, WORKER], {
      env,
      stdin: JSON.stringify(job),
    });
    const last = ended.stdout.toString('utf8').trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ result: { status: 'succeeded', failure: null } });
  },
);
