// SPDX-License-Identifier: Apache-2.0
import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { type Contributor, readContributors } from './contributors.ts';
import { git, withoutFilters } from './git.ts';
import { refuseUnsupportedTree } from './tree-entries.ts';

/** The state of the code that a run used. E-mail addresses are claims of git, never an identity. */
export interface SourceRevision {
  readonly commit: string;
  readonly tree: string;
  /** Committer's time, UTC. */
  readonly committedAt: string;
  readonly authorEmail: string;
  readonly committerEmail: string;
  /** Every author and committer in the history of the commit, with the keys that signed it. */
  readonly contributors: readonly Contributor[];
  /** `git bundle` of the commit with its history. */
  readonly bundle: BlobRef;
}

const DIRTY_SHOWN_MAX = 10;

/**
 * Reads the commit at HEAD of a clean repository and archives it as a bundle. Throws PipelineError `checkout_dirty`,
 * `source_unsupported` (submodules, filters such as LFS, symbolic links, shallow clones) or `git_failed`.
 */
export async function archiveSource(
  directory: string,
  blobs: BlobStore,
  scratch: string,
): Promise<SourceRevision> {
  await refuseSubdirectory(directory);
  await refuseDirty(directory);
  await refuseShallow(directory);
  const commit = (await git(directory, ['rev-parse', '--verify', 'HEAD^{commit}'])).trim();
  await refuseUnsupportedTree(directory, commit);
  const path = join(scratch, `${commit}.bundle`);
  await git(directory, ['bundle', 'create', '--quiet', path, 'HEAD']);
  const bundle = await blobs.putFile(path);
  await rm(path);
  return { ...(await describeCommit(directory, commit)), bundle };
}

/**
 * The facts of a commit that git itself records.
 * @param openPgpKeys armoured public keys that OpenPGP signatures of commits can be verified with
 */
export async function describeCommit(
  directory: string,
  commit: string,
  openPgpKeys: readonly string[] = [],
): Promise<Omit<SourceRevision, 'bundle'>> {
  const format = ['%T', '%ct', '%ae', '%ce'].join('%x00');
  const shown = await git(directory, ['show', '--no-patch', `--format=${format}`, commit]);
  const [tree = '', seconds = '', authorEmail = '', committerEmail = ''] = shown.trim().split('\0');
  return {
    commit,
    tree,
    committedAt: new Date(Number(seconds) * 1000).toISOString(),
    authorEmail,
    committerEmail,
    contributors: await readContributors(directory, commit, openPgpKeys),
  };
}

async function refuseSubdirectory(directory: string): Promise<void> {
  const top = (await git(directory, ['rev-parse', '--show-toplevel'])).trim();
  if (top === (await realpath(directory))) return;
  throw new PipelineError(
    'source_unsupported',
    `\`${directory}\` is not the top of its repository; give a model its own repository, or run in \`${top}\``,
    { details: { directory, top } },
  );
}

async function refuseDirty(directory: string): Promise<void> {
  // Submodules, refused anyway, would be asked with their own configuration.
  const asked = ['status', '--porcelain=v1', '--untracked-files=all', '--ignore-submodules=all'];
  const status = await git(directory, asked, await withoutFilters(directory));
  const changed = status.split('\n').filter((line) => line !== '');
  if (changed.length === 0) return;
  const shown = changed.slice(0, DIRTY_SHOWN_MAX).map((line) => `\`${line.slice(3)}\``);
  const more = changed.length > shown.length ? ` and ${changed.length - shown.length} more` : '';
  throw new PipelineError(
    'checkout_dirty',
    `\`${directory}\` has changes that no commit holds: ${shown.join(', ')}${more}; commit or remove them`,
    { details: { directory, changed: changed.slice(0, DIRTY_SHOWN_MAX) } },
  );
}

async function refuseShallow(directory: string): Promise<void> {
  const shallow = (await git(directory, ['rev-parse', '--is-shallow-repository'])).trim();
  if (shallow !== 'true') return;
  throw new PipelineError(
    'source_unsupported',
    `\`${directory}\` is a shallow clone, whose commit cannot be archived; run \`git fetch --unshallow\``,
  );
}
