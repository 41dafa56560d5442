// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DvcFacts } from '../../src/extract/snapshot-origin.ts';
import { runProcess } from '../../src/process/run-process.ts';
import { git } from '../../src/source/git.ts';
import { extract } from './extract-for-test.ts';
import { pythonWith } from './python-tools.ts';
import { startS3, type TestS3 } from './s3-server.ts';

let root: string;
let s3: TestS3;
let python: string;
let project: string;

/** A project that DVC itself makes here, with a stage that it runs and a remote that it pushes to. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'dvc-slow-'));
  python = await pythonWith('dvc-requirements.txt');
  s3 = await startS3();
  await s3.bucket('lake');
  project = join(root, 'project');
  await mkdir(join(project, 'parts'), { recursive: true });
  await git(project, ['init', '--quiet', '--template=']);
  await dvc('init', '--quiet');
  await writeFile(join(project, 'loans.csv'), rows(0, 50_000));
  await writeFile(join(project, 'parts', '2024.csv'), rows(0, 1000));
  await writeFile(join(project, 'parts', '2025.csv'), rows(1000, 2000).replaceAll('\n', '\r\n'));
  await writeFile(
    join(project, 'dvc.yaml'),
    `stages:
  prepare:
    cmd: mkdir -p prepared && cp loans.csv prepared/train.csv && cp parts/2024.csv prepared/test.csv
    deps: [loans.csv, parts]
    outs: [prepared]
`,
  );
  await dvc('add', '--quiet', 'loans.csv', 'parts');
  await dvc('repro', '--quiet');
  await dvc('remote', 'add', '--default', 'storage', 's3://lake/dvc');
  await dvc('remote', 'modify', 'storage', 'endpointurl', s3.endpoint);
  await dvc('push', '--quiet');
}, 1_200_000);
afterAll(async () => {
  await s3?.stop();
  await rm(root, { recursive: true, force: true });
});

async function dvc(...args: readonly string[]): Promise<void> {
  const { code, stderr, stdout } = await runProcess(python, ['-m', 'dvc', ...args], {
    cwd: project,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: root,
      DVC_NO_ANALYTICS: '1',
      LANG: 'C.UTF-8',
      ...s3.environment,
    },
  });
  if (code !== 0) throw new Error(`dvc ${args.join(' ')}: ${stderr}${stdout}`);
}

function rows(from: number, to: number): string {
  const lines = Array.from({ length: to - from }, (_, i) => `${from + i},${(from + i) * 7}`);
  return `id,amount\n${lines.join('\n')}\n`;
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test.each([
  ['from the cache of a laptop', () => project, 'cache'],
  ['from the S3 remote on a worker', () => null, 'remote `storage` (s3://lake/dvc)'],
])('what DVC added, made and pushed is read %s', async (_, workingTree, readFrom) => {
  const request = {
    checkout: project,
    workingTree: workingTree(),
    environment: s3.environment,
  };
  const file = await extract(root, { dvc: 'loans.csv.dvc' }, request);
  expect(await readFile(file.path, 'utf8')).toBe(rows(0, 50_000));
  expect(file.origin).toMatchObject({ readFrom });
  const folder = await extract(root, { dvc: 'parts.dvc', format: 'csv' }, request);
  const { parts } = folder.origin as DvcFacts;
  expect(parts.map(({ name, digest }) => [name, digest])).toEqual([
    ['2024.csv', sha256(rows(0, 1000))],
    ['2025.csv', sha256(rows(1000, 2000).replaceAll('\n', '\r\n'))],
  ]);
  const made = await extract(root, { dvc: 'dvc.lock', output: 'prepared/train.csv' }, request);
  expect(await readFile(made.path, 'utf8')).toBe(rows(0, 50_000));
});
