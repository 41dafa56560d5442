// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { type BundledCommit, fetchBundle } from './compare-commits.ts';
import { git } from './git.ts';

/**
 * The text of one file of an archived commit, without a checkout; undefined where the commit has none. The scratch
 * directory is removed at the end. Throws PipelineError `git_failed` for a bundle that cannot be read.
 */
export async function readBundledFile(
  scratch: string,
  at: BundledCommit,
  path: string,
): Promise<string | undefined> {
  await mkdir(scratch, { recursive: true });
  try {
    await git(scratch, ['init', '--quiet', '--bare', '--template=', '.']);
    await fetchBundle(scratch, at, 'asked');
    const listed = await git(scratch, ['ls-tree', '--name-only', at.commit, '--', path]);
    if (listed.trim() !== path) return undefined;
    return await git(scratch, ['cat-file', 'blob', `${at.commit}:${path}`]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
