// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../src/blobs/blob-store.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { type ExecuteRunOptions, executeRun } from '../src/run/execute-run.ts';
import { stepCacheIn } from '../src/run/open-reuse.ts';
import type { RunEvent, RunResult } from '../src/run/result.ts';
import { stepKey } from '../src/run/step-key.ts';
import { git } from '../src/source/git.ts';
import { commitRepository } from './example-repository.ts';

let root: string;
let blobs: BlobStore;
let runs = 0;
const events: RunEvent[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cache-'));
  await mkdir(join(root, 'work'));
  blobs = openFileBlobStore(join(root, 'blobs'));
  events.length = 0;
  runs = 0;
});
afterEach(() => rm(root, { recursive: true, force: true }));

const CHAIN = `model: toy
steps:
  clean: { run: "echo b,a | sh src/clean.sh > clean.csv", outputs: [clean.csv], code: [src/clean.sh] }
  train: { run: "cat clean.csv params.json > model; echo trained", inputs: [clean.csv], outputs: [model], params: { l2: 0.1 }, code: [] }
`;
const FILES = {
  'countersign.yaml': CHAIN,
  'data.csv': 'a,b\n1,2\n',
  'src/clean.sh': 'sort\n',
  README: 'x\n',
};

/** Commits what differs from the last commit, and runs it with a run name of its own. */
async function run(
  files: Readonly<Record<string, string>>,
  more: Partial<ExecuteRunOptions> = {},
): Promise<RunResult> {
  const checkout = join(root, 'repository');
  if (runs === 0) await commitRepository(checkout, files);
  else {
    for (const [path, text] of Object.entries(files)) await writeFile(join(checkout, path), text);
    await git(checkout, ['add', '--all']);
    const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
    const date = `2026-04-0${runs}T10:00:00Z`;
    const at = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    await git(checkout, [...who, 'commit', '--quiet', '--allow-empty', '-m', 'more'], at);
  }
  runs += 1;
  return executeRun({
    source: { checkout },
    blobs,
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    cache: { mode: 'use' },
    run: `run-${runs}`,
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
    onEvent: (event) => events.push(event),
    ...more,
  });
}

const taken = (result: RunResult) =>
  result.steps.map(({ name, cached }) => `${name}: ${cached?.run ?? 'executed'}`);

test('steps that did not change are taken from the run that executed them, with its log and its key', async () => {
  const first = await run(FILES);
  expect(first.failure).toBeNull();
  expect(taken(first)).toEqual(['clean: executed', 'train: executed']);
  const second = await run({ README: 'y\n' });
  expect(taken(second)).toEqual(['clean: run-1', 'train: run-1']);
  const [before, after] = [first.steps[1], second.steps[1]];
  expect(after).toEqual({ ...before, cached: after?.cached });
  expect(after?.cached?.commit).toBe(first.source.commit);
  const entry = await stepCacheIn(join(root, 'cache'), undefined).find(after?.cached?.key ?? '');
  expect(entry && stepKey(entry.components)).toBe(after?.cached?.key);
  // Passed on, it still names the run that executed it.
  expect(taken(await run({ README: 'z\n' }))).toEqual(['clean: run-1', 'train: run-1']);
});

test('what a step depends on makes it run again, and nothing else does', async () => {
  const pipeline = (from: string, to: string) => ({ 'countersign.yaml': CHAIN.replace(from, to) });
  const [both, first, second, none] = [
    ['clean: executed', 'train: executed'],
    ['clean: executed', 'train: run-1'],
    ['clean: run-1', 'train: executed'],
    ['clean: run-1', 'train: run-1'],
  ];
  const changes: readonly (readonly [string, Readonly<Record<string, string>>, unknown])[] = [
    ['params', pipeline('0.1', '0.2'), second],
    ['command', pipeline('echo trained', 'echo done'), second],
    ['limits', pipeline('code: []', 'code: [], memory_mb: 512'), second],
    ['threads', pipeline('code: []', 'code: [], threads: 2'), second],
    ['budget of cores', pipeline('code: []', 'code: [], cores: 1'), none],
    ['seed', { 'countersign.yaml': `${CHAIN}seed: 4\n` }, both],
    ['code that makes the same', { 'src/clean.sh': 'sort # as before\n' }, first],
    ['code that makes other bytes', { 'src/clean.sh': 'sort; echo more\n' }, both],
  ];
  await run(FILES);
  const seen = [];
  for (const [what, change] of changes)
    seen.push([what, taken(await run({ ...FILES, ...change }))]);
  expect(seen).toEqual(changes.map(([what, , expected]) => [what, expected]));
});

test('a step with a dataset is executed again when its rows change, and for nothing else of the commit', async () => {
  const pipeline = `model: toy
data: { d: { from: { path: data.csv } } }
steps:
  s: { run: "cp d.csv out", inputs: [d], outputs: [out], code: [] }
  each: { run: "echo > t", outputs: [t], code: [], cache: false }
`;
  await run({ 'countersign.yaml': pipeline, 'data.csv': 'a\n1\n' });
  const same = await run({ README: 'y\n' });
  expect(taken(same)).toEqual(['s: run-1', 'each: executed']);
  const other = await run({ 'data.csv': 'a\n2\n' });
  expect(taken(other)).toEqual(['s: executed', 'each: executed']);
});

test('a step without declared code is executed again for any other commit, and taken for the same one', async () => {
  const files = {
    'countersign.yaml': 'model: toy\nsteps: { s: { run: "cp README out", outputs: [out] } }\n',
    README: 'x',
  };
  await run(files);
  const checkout = join(root, 'repository');
  const again = { source: { checkout }, run: 'run-again' };
  const same = await executeRun({
    ...again,
    blobs,
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    cache: { mode: 'use' },
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
  expect(taken(same)).toEqual(['s: run-1']);
  expect(taken(await run({ other: 'y' }))).toEqual(['s: executed']);
});

test('a failed step is not kept: the run goes on from it', async () => {
  const failing = { ...FILES, 'countersign.yaml': CHAIN.replace('echo trained', 'exit 3') };
  const failed = await run(failing);
  expect(failed.failure).toMatchObject({ step: 'train' });
  expect(taken(await run({ 'countersign.yaml': CHAIN }))).toEqual([
    'clean: run-1',
    'train: executed',
  ]);
});

test('a draft’s result enters no platform run, and the other way round', async () => {
  await run(FILES);
  expect(taken(await run({}, { draft: false }))).toEqual(['clean: executed', 'train: executed']);
  expect(taken(await run({}, { draft: false }))).toEqual(['clean: run-2', 'train: run-2']);
  expect(taken(await run({}))).toEqual(['clean: run-1', 'train: run-1']);
});

test('a run into another store brings the bytes there', async () => {
  const first = await run(FILES);
  const elsewhere = openFileBlobStore(join(root, 'elsewhere'));
  const second = await run({}, { blobs: elsewhere });
  expect(taken(second)).toEqual(['clean: run-1', 'train: run-1']);
  for (const { log, outputs } of second.steps)
    for (const { digest } of [log, ...outputs]) await elsewhere.check(digest);
  expect(second.steps[1]?.outputs).toEqual(first.steps[1]?.outputs);
});

test('bytes that are gone or damaged are a miss', async () => {
  const first = await run(FILES);
  const kept = join(root, 'cache', 'steps', 'blobs', 'sha256');
  const damage = async (digest: string) => {
    const path = join(kept, digest.slice(0, 2), digest);
    await rm(path);
    return path;
  };
  const model = first.steps[1]?.outputs[0]?.digest ?? '';
  await damage(model);
  expect(taken(await run({}))).toEqual(['clean: run-1', 'train: executed']);
  await writeFile(await damage(model), 'other bytes');
  expect(taken(await run({}))).toEqual(['clean: run-1', 'train: executed']);
  expect(taken(await run({}))).toEqual(['clean: run-1', 'train: run-3']);
});

test('a damaged or half entry is a miss', async () => {
  await run(FILES);
  const results = join(root, 'cache', 'steps', 'results');
  for (const directory of await readdir(results))
    for (const name of await readdir(join(results, directory)))
      await writeFile(join(results, directory, name), `${'0'.repeat(64)}\n{"key":`);
  expect(taken(await run({}))).toEqual(['clean: executed', 'train: executed']);
});

test('results that no run took for 14 days are dropped with their bytes', async () => {
  const inDays = (days: number) => () => new Date(Date.now() + days * 24 * 3600 * 1000);
  const first = await run(FILES);
  const kept = openFileBlobStore(join(root, 'cache', 'steps', 'blobs'));
  const model = first.steps[1]?.outputs[0]?.digest ?? '';
  expect(await kept.has(model)).toBe(true);
  await run(
    {
      'countersign.yaml': 'model: toy\nsteps: { s: { run: "echo > s", outputs: [s], code: [] } }\n',
    },
    { now: inDays(15) },
  );
  expect(await kept.has(model)).toBe(false);
  expect(taken(await run({ 'countersign.yaml': CHAIN }))).toEqual([
    'clean: executed',
    'train: executed',
  ]);
});

test('a step with network is taken only when it says so', async () => {
  const of = (more: string) =>
    `model: toy\nsteps: { s: { run: "echo > out", outputs: [out], network: true, code: []${more} } }\n`;
  await run({ 'countersign.yaml': of('') });
  expect(taken(await run({}))).toEqual(['s: executed']);
  await run({ 'countersign.yaml': of(', cache: true') });
  expect(taken(await run({}))).toEqual(['s: run-3']);
});

test('what somebody put under a key does not survive a rebuild, which reads no cache', async () => {
  const first = await run(FILES);
  const cache = stepCacheIn(join(root, 'cache'), undefined);
  const entry = await cache.last({ model: 'toy', maker: 'draft', step: 'train' });
  if (entry === undefined) throw new Error('nothing was kept');
  const forged = { file: 'model', ...(await cache.blobs.put(Buffer.from('forged'))) };
  await cache.keep({ ...entry, record: { ...entry.record, outputs: [forged] } });
  const poisoned = await run({});
  expect(poisoned.steps[1]?.outputs).toEqual([forged]);
  const rebuild = (result: RunResult) =>
    rebuildRun({
      result,
      blobs,
      workDir: join(root, 'work'),
      now: () => new Date(),
      callerEnvironment: process.env,
    });
  expect((await rebuild(first)).verdict).toBe('byte-identical');
  const told = await rebuild(poisoned);
  expect(told.verdict).toBe('not-rebuildable');
  expect(told.compared.filter(({ equal }) => !equal)).toMatchObject([{ what: 'train/model' }]);
});

test('of personal data no copy is kept, so that it goes with the key of its class', async () => {
  const pipeline = `model: toy
data: { d: { from: { step: s }, personal_data: true } }
steps: { s: { run: "echo a > out.csv; echo 1 >> out.csv", outputs: [out.csv], code: [] } }
`;
  const first = await run({ 'countersign.yaml': pipeline });
  const kept = openFileBlobStore(join(root, 'cache', 'steps', 'blobs'));
  expect(await kept.has(first.steps[0]?.outputs[0]?.digest ?? '')).toBe(false);
  expect(taken(await run({}))).toEqual(['s: executed']);
});

test('a refreshing run executes every step and says which does not repeat', async () => {
  const pipeline = `model: toy
steps:
  same: { run: "echo 1 > a", outputs: [a], code: [] }
  other: { run: "date +%N > b", outputs: [b], code: [] }
`;
  await run({ 'countersign.yaml': pipeline });
  const second = await run({}, { cache: { mode: 'refresh' } });
  expect(taken(second)).toEqual(['same: executed', 'other: executed']);
  const said = events.flatMap((event) => (event.type === 'phase' ? [event.text] : []));
  expect(said.filter((text) => text.includes('does not repeat'))).toEqual([
    'step `other` made other bytes of `b` than run run-1 from the same inputs: it does not repeat',
  ]);
});
