// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Committer {
  readonly name: string;
  readonly email: string;
  /** Of the first commit. */
  readonly message?: string;
}

/** Copies an example to a fresh git repository; what git knows of the machine's user plays no part. */
export async function newRepository(
  example: string,
  directory: string,
  by: Committer,
): Promise<string> {
  await cp(example, directory, {
    recursive: true,
    filter: (source) => !/(__pycache__|\.pytest_cache|\.git)$/.test(source),
  });
  await git(directory, ['init', '--quiet', '--initial-branch=main']);
  await git(directory, ['config', 'user.name', by.name]);
  await git(directory, ['config', 'user.email', by.email]);
  await git(directory, ['config', 'commit.gpgsign', 'false']);
  return commitAll(directory, by.message ?? 'Consumer credit: data, model and papers');
}

/** Commits everything in the work tree and returns the commit id. */
export async function commitAll(directory: string, message: string): Promise<string> {
  await git(directory, ['add', '--all']);
  await git(directory, ['commit', '--quiet', '--message', message]);
  return (await git(directory, ['rev-parse', 'HEAD'])).trim();
}

async function git(directory: string, args: readonly string[]): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  const { stdout } = await run('git', [...args], { cwd: directory, env });
  return stdout;
}
