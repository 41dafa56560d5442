// SPDX-License-Identifier: Apache-2.0
// An environment that uv built: its recipe and program are archived, and a machine without uv rebuilds with them.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { rebuildRun } from '../src/rebuild/rebuild-run.ts';
import { executeRun } from '../src/run/execute-run.ts';
import { commitRepository, EXAMPLE } from './example-repository.ts';

const UV_LOCK = `uv==0.13.9 \\
    --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19 \\
    --hash=sha256:ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375
`;
const cacheDir = join(tmpdir(), 'countersign-pipeline-test-cache');
let root: string;
let uvDirectory: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'uv-'));
  uvDirectory = join(cacheDir, 'uv-0.13.9', 'bin');
  if (existsSync(join(uvDirectory, 'uv'))) return;
  await mkdir(cacheDir, { recursive: true });
  const lock = join(root, 'uv.txt');
  await writeFile(lock, UV_LOCK);
  const target = join(cacheDir, 'uv-0.13.9');
  const flags = ['--quiet', '--require-hashes', '--only-binary', ':all:', '--target', target];
  execFileSync('python3', ['-m', 'pip', 'install', ...flags, '-r', lock]);
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('what uv installed computes the same as what pip did, and is rebuilt without a uv on the machine', async () => {
  const checkout = join(root, 'repository');
  await commitRepository(checkout, EXAMPLE);
  const blobs = openFileBlobStore(join(root, 'blobs'));
  const common = { blobs, now: () => new Date() };
  const run = (path: string, place: string) =>
    executeRun({
      ...common,
      source: { checkout },
      workDir: join(root, place),
      cacheDir: join(root, `${place}-cache`),
      draft: false,
      callerEnvironment: { ...process.env, PATH: path },
    });
  const { PATH = '' } = process.env;
  const withUv = await run(`${uvDirectory}:${PATH}`, 'uv');
  const withPip = await run(PATH, 'pip');
  expect(withUv.environment).toMatchObject({
    kind: 'python',
    recipe: 'uv/1',
    installer: { file: 'uv', says: expect.stringMatching(/^uv 0\.13\.9/) },
  });
  expect(withPip.environment).toMatchObject({ kind: 'python', recipe: 'venv/1' });
  const digests = (one: typeof withUv) =>
    one.steps.flatMap(({ outputs }) => outputs.map(({ file, digest }) => [file, digest]));
  expect(digests(withUv)).toEqual(digests(withPip));
  expect(await readdir(join(root, 'uv-cache', 'environments'))).toHaveLength(1);

  const rebuilt = await rebuildRun({
    ...common,
    result: withUv,
    workDir: join(root, 'again'),
    callerEnvironment: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
  });
  expect(rebuilt.reason).toMatch(/^all \d+ files have the recorded bytes$/);
});
