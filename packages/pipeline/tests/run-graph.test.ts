// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { type ExecuteRunOptions, executeRun } from '../src/run/execute-run.ts';
import type { RunEvent, RunResult } from '../src/run/result.ts';
import { commitRepository } from './example-repository.ts';

let root: string;
let events: RunEvent[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'graph-'));
  await mkdir(join(root, 'work'));
  events = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function run(
  pipeline: string,
  more: Partial<ExecuteRunOptions> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const checkout = join(root, 'repository');
  await commitRepository(checkout, {
    'countersign.yaml': pipeline,
    'data.csv': 'a,b\n1,2\n',
    ...files,
  });
  return executeRun({
    source: { checkout },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
    onEvent: (event) => events.push(event),
    ...more,
  });
}

/** The steps that ran at one time, in pairs. */
function sideBySide(): readonly string[] {
  const running = new Set<string>();
  const pairs = new Set<string>();
  for (const event of events) {
    if (event.type === 'step-started') {
      for (const other of running) pairs.add([other, event.step].toSorted().join('+'));
      running.add(event.step);
    } else if (event.type === 'step-ended') running.delete(event.step);
  }
  return [...pairs].toSorted();
}

const text = async (result: RunResult, step: string): Promise<string> => {
  const digest = result.steps.find(({ name }) => name === step)?.outputs[0]?.digest ?? '';
  return Buffer.from(await openFileBlobStore(join(root, 'blobs')).get(digest)).toString();
};

/** The first ends last, so that an order by end would show. */
const THREE = `model: toy
steps:
  slow: { run: "sleep 2; echo s > s", outputs: [s] }
  quick: { run: "sleep 1; echo q > q", outputs: [q] }
  both: { run: "cat s q > b", inputs: [s, q], outputs: [b] }
`;

test('steps that do not read from one another run side by side, and the result keeps the order of the plan', async () => {
  const result = await run(THREE, { cores: 2 });
  expect(result.failure).toBeNull();
  expect(sideBySide()).toEqual(['quick+slow']);
  expect(result.steps.map(({ name }) => name)).toEqual(['slow', 'quick', 'both']);
  expect(await text(result, 'both')).toBe('s\nq\n');
});

test('on one core the same steps run one after another and make the same bytes', async () => {
  const result = await run(THREE);
  expect(sideBySide()).toEqual([]);
  expect(await text(result, 'both')).toBe('s\nq\n');
});

test('steps share the cores that they declare, and one that wants more than there is runs alone', async () => {
  const pipeline = `model: toy
steps:
  a: { run: "echo > a", outputs: [a], threads: 2 }
  b: { run: "sleep 1; echo > b", outputs: [b] }
  c: { run: "sleep 1; echo > c", outputs: [c] }
  huge: { run: "echo > d", outputs: [d], cores: 64 }
`;
  const result = await run(pipeline, { cores: 2 });
  expect(result.failure).toBeNull();
  expect(sideBySide()).toEqual(['b+c']);
});

test('threads are what the step declares on any machine, recorded, and the same in a rebuild', async () => {
  const pipeline = `model: toy
steps:
  one: { run: "env | grep -E 'THREADS|DYNAMIC' | sort > one", outputs: [one] }
  two: { run: "env | grep -E 'THREADS|DYNAMIC' | sort > two", outputs: [two], threads: 2 }
`;
  const result = await run(pipeline);
  expect(await text(result, 'one')).toContain('OMP_NUM_THREADS=1\n');
  expect(await text(result, 'one')).not.toContain('DYNAMIC');
  const two = await text(result, 'two');
  expect(two).toContain('OMP_NUM_THREADS=2\n');
  expect(two).toContain('OMP_DYNAMIC=FALSE\n');
  expect(two).toContain('OPENBLAS_NUM_THREADS=1\n');
  expect(result.steps.map(({ threads }) => threads)).toEqual([undefined, 2]);
  const rebuilt = await rebuildRun({
    result,
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    now: () => new Date(),
    callerEnvironment: process.env,
  });
  expect(rebuilt.verdict).toBe('byte-identical');
});

test('after a failure no step starts, those that run end, and every failure is kept in the order of the plan', async () => {
  const pipeline = `model: toy
steps:
  slow: { run: "sleep 1; echo late; exit 4", outputs: [s] }
  good: { run: "sleep 1; echo g > g", outputs: [g] }
  bad: { run: "exit 3", outputs: [b] }
  next: { run: "echo n > n", outputs: [n] }
  after: { run: "cat g > a", inputs: [g], outputs: [a] }
`;
  const result = await run(pipeline, { cores: 3 });
  expect(result.steps.map(({ name, exit }) => [name, exit])).toEqual([
    ['slow', 4],
    ['good', 0],
    ['bad', 3],
  ]);
  expect(result.failure).toMatchObject({ code: 'step_failed', step: 'slow' });
  expect(result.failures?.map(({ step }) => step)).toEqual(['slow', 'bad']);
});

test('a run that is stopped ends every step side by side', async () => {
  const stop = new AbortController();
  const pipeline = `model: toy
steps:
  a: { run: "echo up; sleep 600", outputs: [a] }
  b: { run: "echo up; sleep 600", outputs: [b] }
`;
  const up = new Set<string>();
  const onEvent = (event: RunEvent) => {
    if (event.type === 'step-log') up.add(event.step);
    if (up.size === 2) stop.abort();
  };
  const result = await run(pipeline, { cores: 2, signal: stop.signal, onEvent });
  expect(result.status).toBe('failed');
  expect(result.steps.map(({ exit }) => exit)).toEqual([null, null]);
});

test('a step with declared code is shown that alone, and its SOURCE_DATE_EPOCH is of the commit that changed it', async () => {
  const pipeline = `model: toy
steps:
  narrow: { run: "find . -type f ! -name n | sort > n; echo $SOURCE_DATE_EPOCH >> n", outputs: [n], code: [src] }
`;
  const result = await run(pipeline, {}, { 'src/a.py': '1\n', 'src/deep/b.py': '2\n' });
  const epoch = Date.parse('2026-03-31T10:00:00Z') / 1000;
  expect(await text(result, 'narrow')).toBe(`./src/a.py\n./src/deep/b.py\n${epoch}\n`);
});

test('declared code that the commit does not have is refused with its line', async () => {
  const pipeline = `model: toy
steps:
  s: { run: "true", outputs: [n], code: [lib] }
`;
  await expect(run(pipeline)).rejects.toMatchObject({
    code: 'file_missing',
    message: expect.stringContaining('countersign.yaml:3: the commit has no `lib`'),
  });
});

test('a split under the name of a file of the commit is refused with its line, unless the step is not shown that file', async () => {
  const pipeline = (more: string) => `model: toy
data: { d: { from: { path: d.csv } } }
steps:
  s: { run: "cp d.csv n", inputs: [d], outputs: [n]${more} }
`;
  const files = { 'd.csv': 'a,b\n1,2\n' };
  await expect(run(pipeline(''), {}, files)).rejects.toMatchObject({
    code: 'output_duplicate',
    message: expect.stringMatching(
      /^countersign\.yaml:4: `steps\.s\.inputs\.0`: `d\.csv` is a file/,
    ),
  });
  expect((await run(pipeline(', code: []'), {}, files)).status).toBe('succeeded');
});
