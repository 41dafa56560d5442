// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { git } from './git.ts';
import { describeCommit, type SourceRevision } from './source-revision.ts';
import { refuseUnsupportedTree } from './tree-entries.ts';

/**
 * Writes the files of an archived commit into an empty directory, without any `.git`. The bundle's objects are checked
 * by git on the way in. `commit` is the one that the bundle must hold; with `openPgpKeys`, armoured public keys, OpenPGP
 * signatures of its commits are verified. Throws PipelineError `git_failed`, `source_unsupported`.
 */
export async function checkoutBundle(
  bundlePath: string,
  directory: string,
  given: { readonly commit?: string; readonly openPgpKeys?: readonly string[] } = {},
): Promise<Omit<SourceRevision, 'bundle'>> {
  const repository = `${directory}.git`;
  await mkdir(directory, { recursive: true });
  await mkdir(repository, { recursive: true });
  try {
    await git(repository, ['init', '--quiet', '--bare', '--template=', '.']);
    const source = ['fetch', '--quiet', '--no-tags', bundlePath, 'HEAD:refs/heads/archived'];
    await git(repository, ['-c', 'fetch.fsckObjects=true', ...source], {
      GIT_ALLOW_PROTOCOL: 'file',
    });
    const commit = (await git(repository, ['rev-parse', 'refs/heads/archived^{commit}'])).trim();
    if (given.commit !== undefined && commit !== given.commit) {
      throw new PipelineError(
        'git_failed',
        `the bundle holds commit \`${commit}\`, not \`${given.commit}\`; restore the archived bundle`,
      );
    }
    await refuseUnsupportedTree(repository, commit);
    const index = { GIT_INDEX_FILE: join(repository, 'run-index'), GIT_WORK_TREE: directory };
    await git(repository, ['read-tree', commit], { ...index, GIT_DIR: repository });
    await git(directory, ['checkout-index', '--all', '--force'], { ...index, GIT_DIR: repository });
    return await describeCommit(repository, commit, given.openPgpKeys);
  } finally {
    await rm(repository, { recursive: true, force: true });
  }
}
