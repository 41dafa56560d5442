// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { archiveCheckout } from './archive-checkout.ts';

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'countersign-archive-')));
const repository = join(scratch, 'credit');
const git = (...args: readonly string[]) =>
  execFileSync('git', [...args], { cwd: repository, encoding: 'utf8' });

beforeAll(() => {
  mkdirSync(join(repository, 'src'), { recursive: true });
  writeFileSync(join(repository, 'src', 'train.py'), 'print(1)\n');
  git('init', '--quiet');
  git('add', '--all');
  git('-c', 'user.name=d', '-c', 'user.email=d@x.example', 'commit', '--quiet', '-m', 'credit');
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test('the bundle holds the commit at HEAD', async () => {
  const heads = await archiveCheckout(repository, async ({ commit, files }) => {
    expect(commit).toBe(git('rev-parse', 'HEAD').trim());
    return git('bundle', 'list-heads', files[0]?.from ?? '');
  });
  expect(heads).toBe(`${git('rev-parse', 'HEAD').trim()} HEAD\n`);
});

test('a directory inside a repository is refused here, before a worker gets it', async () => {
  await expect(
    archiveCheckout(join(repository, 'src'), async () => undefined),
  ).rejects.toMatchObject({
    code: 'source_unsupported',
    message: expect.stringContaining(repository),
  });
});
