// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { executeRun } from '../src/run/execute-run.ts';

/** Git LFS itself, of the distribution, unpacked where nothing else finds it. */
const unpacked = join(tmpdir(), 'countersign-pipeline-test-cache', 'git-lfs');
const programs = join(unpacked, 'usr', 'bin');
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lfs-'));
  if (existsSync(join(programs, 'git-lfs'))) return;
  mkdirSync(unpacked, { recursive: true });
  chmodSync(unpacked, 0o777); // apt fetches as a user of its own
  execFileSync('apt-get', ['download', '--quiet', 'git-lfs'], { cwd: unpacked });
  const [archive = ''] = readdirSync(unpacked).filter((name) => name.endsWith('.deb'));
  execFileSync('dpkg', ['-x', archive, '.'], { cwd: unpacked });
}, 120_000);
afterAll(() => rm(root, { recursive: true, force: true }));

function git(directory: string, ...args: readonly string[]): string {
  const env = {
    PATH: `${programs}:/usr/bin:/bin`,
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_LFS_SKIP_SMUDGE: '1',
  };
  const who = ['-c', 'user.name=A', '-c', 'user.email=a@b'];
  return execFileSync('git', [...who, ...args], {
    cwd: directory,
    env,
    encoding: 'utf8',
    stdio: 'pipe',
  });
}

const run = (checkout: string) =>
  executeRun({
    source: { checkout },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
  });

test('what Git LFS committed is read by a step as its own bytes, from the author’s repository and from a clone', async () => {
  const author = join(root, 'author');
  await mkdir(join(root, 'work'));
  await mkdir(author);
  git(author, 'init', '--quiet');
  git(author, 'lfs', 'install', '--local');
  git(author, 'lfs', 'track', '*.csv');
  const rows = 'id,score\n1,0.5\n'.repeat(10_000);
  await writeFile(join(author, 'rows.csv'), rows);
  await writeFile(
    join(author, 'countersign.yaml'),
    'model: toy\nsteps: { s: { run: "cp rows.csv out", outputs: [out] } }\n',
  );
  git(author, 'add', '--all');
  git(author, 'commit', '--quiet', '-m', 'model');
  expect(git(author, 'show', 'HEAD:rows.csv')).toContain('oid sha256:');
  const first = await run(author);
  expect(first.failure).toBeNull();
  const [out] = first.steps[0]?.outputs ?? [];
  expect(first.source.lfs).toEqual([{ path: 'rows.csv', digest: out?.digest, size: rows.length }]);

  const clone = join(root, 'clone');
  git(root, 'clone', '--quiet', `file://${author}`, 'clone');
  expect(await readFile(join(clone, 'rows.csv'), 'utf8')).toContain('oid sha256:');
  await expect(run(clone)).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining('git lfs pull'),
  });
  git(clone, 'lfs', 'install', '--local');
  git(clone, 'lfs', 'pull');
  expect(await readFile(join(clone, 'rows.csv'), 'utf8')).toBe(rows);
  const second = await run(clone);
  expect(second.steps[0]?.outputs).toEqual(first.steps[0]?.outputs);
});
