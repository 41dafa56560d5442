// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import type { RunResult } from '../src/run/result.ts';
import { commitRepository } from './example-repository.ts';

let root: string;
let result: RunResult;
const blobs = () => openFileBlobStore(join(root, 'blobs'));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'host-'));
  const checkout = join(root, 'repository');
  await commitRepository(checkout, {
    'countersign.yaml': `model: toy
environment: { host: [{ program: awk, version: ["-W", "version"] }, /usr/bin/sort] }
steps:
  sum: { run: "awk -F, 'NR > 1 { s += $1 } END { print s }' data.csv | sort > sum.txt", outputs: [sum.txt] }
`,
    'data.csv': 'a\n1\n2\n',
  });
  result = await executeRun({
    source: { checkout },
    blobs: blobs(),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const rebuild = (recorded: RunResult) =>
  rebuildRun({
    result: recorded,
    blobs: blobs(),
    workDir: join(root, 'again'),
    now: () => new Date(),
    callerEnvironment: {},
  });

test('programs of the machine are recorded by digest and version, archived and listed in a bill', async () => {
  const { environment } = result;
  if (environment?.kind !== 'host') throw new Error('it ran on the host');
  expect(environment.programs).toMatchObject([
    { name: 'awk', path: expect.stringMatching(/^\/usr\/bin\/[a-z]*awk/) },
    { name: '/usr/bin/sort' },
  ]);
  expect(environment.programs[0]?.version?.says).toMatch(/awk/i);
  const archived = await blobs().get(environment.programsRecord.digest);
  expect(JSON.parse(new TextDecoder().decode(archived))).toEqual(environment.programs);
  const bill = await blobs().get(environment.billOfMaterials?.digest ?? '');
  const names = JSON.parse(new TextDecoder().decode(bill)).components.map(
    (one: { name: string }) => one.name,
  );
  expect(names).toEqual(expect.arrayContaining(['/usr/bin/sort', 'coreutils']));
});

test('the rebuild runs with the recorded programs, at level sandbox', async () => {
  const rebuilt = await rebuild(result);
  expect(rebuilt).toMatchObject({ verdict: 'byte-identical', level: 'sandbox' });
});

test('another program than the recorded one makes the environment unavailable', async () => {
  const { environment } = result;
  if (environment?.kind !== 'host') throw new Error('it ran on the host');
  const programs = environment.programs.map((one) => ({ ...one, digest: '0'.repeat(64) }));
  const rebuilt = await rebuild({ ...result, environment: { ...environment, programs } });
  expect(rebuilt.verdict).toBe('environment-unavailable');
  expect(rebuilt.reason).toMatch(/`awk` is not the one that was recorded: its SHA-256/);
});
