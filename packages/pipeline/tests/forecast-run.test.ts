// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { executeRun } from '../src/run/execute-run.ts';
import type { RunForecast } from '../src/run/forecast.ts';
import { forecastRun } from '../src/run/forecast-run.ts';
import { git } from '../src/source/git.ts';
import { commitRepository } from './example-repository.ts';

let root: string;

const PIPELINE = `model: toy
data: { d: { from: { path: data.csv } }, far: { from: { s3: "s3://bucket/rows.csv" } } }
steps:
  clean: { run: "sh src/clean.sh < d.csv > clean.csv", inputs: [d], outputs: [clean.csv], code: [src] }
  count: { run: "wc -l < d.csv > count", inputs: [d], outputs: [count], code: [] }
  fetch: { run: "echo > f", network: true, outputs: [f], code: [] }
  train: { run: "cat clean.csv count > model", inputs: [clean.csv, count], outputs: [model], code: [], params: { l2: 0.1 }, threads: 2 }
`;
const LOCAL = PIPELINE.replace(', far: { from: { s3: "s3://bucket/rows.csv" } }', '');

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'forecast-'));
  await mkdir(join(root, 'work'));
  await commitRepository(join(root, 'repository'), {
    'countersign.yaml': LOCAL,
    'data.csv': 'a,b\n1,2\n',
    'src/clean.sh': 'sort\n',
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function change(files: Readonly<Record<string, string>>): Promise<void> {
  const checkout = join(root, 'repository');
  for (const [path, text] of Object.entries(files)) await writeFile(join(checkout, path), text);
  await git(checkout, ['add', '--all']);
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com'];
  await git(checkout, [...who, 'commit', '--quiet', '--allow-empty', '-m', 'more']);
}

const shared = () => ({
  workDir: join(root, 'work'),
  cacheDir: join(root, 'cache'),
  draft: true,
  callerEnvironment: process.env,
});

const forecast = (mode: 'use' | 'refresh' = 'use') =>
  forecastRun({ ...shared(), checkout: join(root, 'repository'), mode });

const run = () =>
  executeRun({
    ...shared(),
    source: { checkout: join(root, 'repository') },
    blobs: openFileBlobStore(join(root, 'blobs')),
    cache: { mode: 'use' },
    now: () => new Date(),
  });

const verdicts = ({ steps }: RunForecast) =>
  Object.fromEntries(steps.map(({ name, verdict, why }) => [name, [verdict, ...why]]));

const NETWORK = ['run', 'it has network and does not say `cache: true`'];

test('before the first run every step would run, in stages, with the cores and threads that it declares', async () => {
  const first = await forecast();
  expect(verdicts(first)).toMatchObject({ clean: ['run', 'it has not been executed here before'] });
  expect(
    first.steps.map(({ name, stage, cores, threads }) => [name, stage, cores, threads]),
  ).toEqual([
    ['clean', 1, 1, 1],
    ['count', 1, 1, 1],
    ['fetch', 1, 1, 1],
    ['train', 2, 2, 2],
  ]);
  expect(first.network).toEqual(['fetch']);
  expect(first.problems).toEqual([]);
  expect(first.arrows).toContainEqual({ from: 'data:d', to: 'step:clean' });
  expect(await readdir(join(root, 'work'))).toEqual([]);
});

test('what a forecast says of each step is what the next run does', async () => {
  await run();
  const told = await forecast();
  expect(verdicts(told)).toEqual({
    clean: ['cached'],
    count: ['cached'],
    fetch: NETWORK,
    train: ['cached'],
  });
  const next = await run();
  const taken = next.steps.filter(({ cached }) => cached !== undefined).map(({ name }) => name);
  expect(taken).toEqual(['clean', 'count', 'train']);
  const train = told.steps.find(({ name }) => name === 'train');
  expect(train?.cached?.key).toBe(next.steps[3]?.cached?.key);
  expect(train?.tookMs).toBeGreaterThanOrEqual(0);
});

test('it names what changed, and on what a later step depends', async () => {
  await change({ 'src/clean.sh': 'sort -r\n' });
  expect(verdicts(await forecast())).toEqual({
    clean: ['run', 'code changed (`src/clean.sh`)', 'variable `SOURCE_DATE_EPOCH` changed'],
    count: ['cached'],
    fetch: NETWORK,
    train: ['depends', 'the bytes that `clean` makes of `clean.csv`'],
  });
  await change({ 'countersign.yaml': LOCAL.replace('0.1', '0.2').replace('wc -l', 'wc -c') });
  expect(verdicts(await forecast())).toMatchObject({
    count: ['run', 'command changed'],
    train: ['run', 'params changed'],
  });
  await change({ 'countersign.yaml': LOCAL, 'data.csv': 'a,b\n1,3\n' });
  expect(verdicts(await forecast())).toMatchObject({
    count: ['depends', 'what the snapshot of `d` will hold'],
  });
  expect(verdicts(await forecast('refresh'))).toMatchObject({
    count: ['run', 'every step was asked for'],
  });
});

test('what would refuse the run is told with the plan, and nothing is fetched', async () => {
  await change({ 'countersign.yaml': `${PIPELINE}papers: { dataset-datasheet: absent.md }\n` });
  const told = await forecast();
  expect(told.problems).toEqual([
    expect.stringMatching(/^countersign\.yaml:\d+: the commit has no `absent\.md`$/),
  ]);
  expect(told.network).toEqual(['fetch', 'far']);
  await writeFile(join(root, 'repository', 'new.py'), '');
  const dirty = await forecast();
  expect(dirty.commit).toBeNull();
  expect(dirty.problems[0]).toContain('`new.py`');
  expect(dirty.steps.map(({ verdict }) => verdict)).toEqual(['run', 'run', 'run', 'run']);
});
