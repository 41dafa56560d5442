// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertRecordJson, parseStrictJson } from '@countersign/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { type ExecuteRunOptions, executeRun } from '../src/run/execute-run.ts';
import type { RunEvent, RunResult } from '../src/run/result.ts';
import { commitRepository, EXAMPLE } from './example-repository.ts';

const cacheDir = join(tmpdir(), 'countersign-pipeline-test-cache');
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'run-'));
  await mkdir(join(root, 'work'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function run(
  files: Readonly<Record<string, string>>,
  more: Partial<ExecuteRunOptions> = {},
): Promise<RunResult> {
  const checkout = join(root, 'repository');
  await commitRepository(checkout, files);
  return executeRun({
    source: { checkout },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    cacheDir,
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
    ...more,
  });
}

/** A pipeline of shell commands: no Python environment, so a test of one refusal takes a fraction of a second. */
const shell = (steps: string): Readonly<Record<string, string>> => ({
  'countersign.yaml': `model: toy\nsteps:\n${steps}`,
  'data.csv': 'a,b\n1,2\n',
});

test('a run archives source, environment, snapshots, outputs, logs and declared evidence', async () => {
  const events: RunEvent[] = [];
  const result = await run(EXAMPLE, { onEvent: (event) => events.push(event) });
  expect(result.failure).toBeNull();
  expect(result.steps.map(({ name, exit }) => [name, exit])).toEqual([
    ['extract', 0],
    ['train', 0],
  ]);
  const [loans] = result.snapshots;
  // Two strata round to whole rows each, so a part may be one row off.
  const sizes = loans?.splits.map(({ rows }) => rows) ?? [];
  expect(sizes.map((size) => Math.round(size / 100))).toEqual([3, 1, 1]);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(500);
  const train = result.steps[1];
  expect(train?.inputs[0]).toMatchObject({
    as: 'loans.development.csv',
    digest: loans?.splits[0]?.mounted?.digest,
  });
  expect(train?.params).toEqual({ l2: '0.1', rounds: 20 });
  expect(result.evidence).toMatchObject([{ name: 'trials', step: 'train', basis: 'declared' }]);
  expect(result.environment).toMatchObject({
    kind: 'python',
    packages: [{ name: 'numpy', version: '2.4.6' }],
  });
  expect(result.determinismProfile.NPY_DISABLE_CPU_FEATURES).toMatch(/AVX512|X86_V4|^$/);
  const blobs = openFileBlobStore(join(root, 'blobs'));
  expect(Buffer.from(await blobs.get(train?.log.digest ?? '')).toString()).toContain(
    `trained on ${sizes[0]} rows`,
  );
  assertRecordJson(parseStrictJson(JSON.stringify(result)));
  expect(events.map(({ type }) => type)).toContain('step-ended');
  expect(await readdir(join(root, 'work'))).toEqual([]);
});

test('a step that writes an undeclared file, or not what it declared, fails by name', async () => {
  const undeclared = await run(
    shell('  s: { run: "echo x > out.txt; echo y > extra.txt", outputs: [out.txt] }\n'),
  );
  expect(undeclared.failure).toMatchObject({ code: 'output_undeclared', step: 's' });
  expect(undeclared.failure?.message).toContain('`extra.txt`');
});

test('a missing output fails by name', async () => {
  const result = await run(shell('  s: { run: "true", outputs: [out.txt] }\n'));
  expect(result.failure?.code).toBe('output_missing');
  expect(result.failure?.message).toContain('`out.txt`');
});

test('a step cannot change a file of the commit', async () => {
  const result = await run(shell('  s: { run: "echo x >> data.csv", outputs: [out.txt] }\n'));
  expect(result.failure).toMatchObject({ code: 'step_failed', step: 's' });
  expect(result.failure?.message).toContain('files of the commit and inputs are read-only');
});

test('a symbolic link is no output', async () => {
  const result = await run(
    shell('  s: { run: "ln -s /etc/passwd out.txt", outputs: [out.txt] }\n'),
  );
  expect(result.failure?.code).toBe('output_not_regular');
});

test('a step over its time limit is ended and said to be', async () => {
  const result = await run(shell('  s: { run: "sleep 60", outputs: [out.txt], timeout_s: 1 }\n'));
  expect(result.failure).toMatchObject({ code: 'step_timeout', step: 's' });
  expect(result.steps[0]?.exit).toBeNull();
});

test('the caller environment reaches no step', async () => {
  process.env.COUNTERSIGN_TEST_SECRET = 'hunter2';
  const result = await run(
    shell('  s: { run: "env > out.txt", network: true, outputs: [out.txt] }\n'),
  );
  delete process.env.COUNTERSIGN_TEST_SECRET;
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const text = Buffer.from(await blobs.get(result.steps[0]?.outputs[0]?.digest ?? '')).toString();
  expect(text).not.toContain('hunter2');
  expect(text).toContain('TZ=UTC');
});

test('the file behind a sealed split is hidden from every step', async () => {
  const files = {
    'countersign.yaml': `model: toy
data:
  d:
    from: { path: data.csv }
    splits: { development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } }
steps:
  s: { run: "test ! -e data.csv && cp d.development.csv out.csv", inputs: [d.development], outputs: [out.csv] }
`,
    'data.csv': 'a\n1\n2\n3\n4\n',
  };
  const result = await run(files);
  expect(result.failure).toBeNull();
  expect(result.steps[0]?.outputs[0]?.digest).toBe(result.snapshots[0]?.splits[0]?.content.digest);
});

test('a failed quality check ends the run before any step reads the data', async () => {
  const files = {
    'countersign.yaml': `model: toy
data: { d: { from: { path: data.csv }, quality: [{ check: range, column: a, max: 1 }] } }
steps: { s: { run: "cp d.csv out.csv", inputs: [d], outputs: [out.csv] } }
`,
    'data.csv': 'a\n1\n2\n',
  };
  const result = await run(files);
  expect(result).toMatchObject({
    status: 'failed',
    steps: [],
    failure: { code: 'quality_failed', dataset: 'd' },
  });
  expect(result.snapshots[0]?.quality[0]?.passed).toBe(false);
});

test('evidence that is not of its schema fails the step', async () => {
  const result = await run(
    shell(
      `  s: { run: "echo '{\\"trials\\": []}' > evidence/trials.json; echo > out", outputs: [out] }\n`,
    ),
  );
  expect(result.failure?.code).toBe('evidence_invalid');
});

test('a step cannot change its input, whatever user it is', async () => {
  const files = shell(
    '  a: { run: "echo 1 > a.csv", outputs: [a.csv] }\n  b: { run: "echo 2 >> a.csv; echo > b", inputs: [a.csv], outputs: [b] }\n',
  );
  const result = await run(files);
  expect(result.failure).toMatchObject({ code: 'step_failed', step: 'b' });
  expect(result.failure?.message).toContain('files of the commit and inputs are read-only');
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const input = result.steps[1]?.inputs[0]?.digest ?? '';
  expect(Buffer.from(await blobs.get(input)).toString()).toBe('1\n');
});

test.each([
  ['a named pipe', 'mkfifo out.txt', 'output_not_regular'],
  ['a sparse file larger than the disk', 'truncate -s 1P out.txt', 'step_failed'],
  ['a link to its input', 'ln -s params.json out.txt', 'output_not_regular'],
  ['a directory in its place', 'mkdir out.txt', 'output_missing'],
])('%s is no output', async (_what, command, code) => {
  const result = await run(
    shell(`  s: { run: "${command}", outputs: [out.txt], params: { a: 1 } }\n`),
  );
  expect(result.failure?.code).toBe(code);
  expect(result.steps[0]?.outputs).toEqual([]);
});
