// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { type BundledPart, fetchWhole, lacking, readBundledParts } from './bundled-parts.ts';
import { ARCHIVED, historyOf } from './code-time.ts';
import { git } from './git.ts';
import { describeParts, type SourceRevision } from './source-revision.ts';

/**
 * Writes the files of an archived commit into an empty directory, without any `.git`; its history stays beside it
 * (`historyOf`) for as long as the caller keeps it. The bundle's objects are checked by git on the way in. `commit` is the
 * one that the bundle must hold; with `openPgpKeys`, armoured public keys, OpenPGP signatures of its commits are verified.
 * Submodules come out of the bundle, files of Git LFS out of `blobs`. Throws PipelineError `git_failed`,
 * `source_unsupported`, and `blob_missing` or `blob_corrupt` for a file of LFS.
 */
export async function checkoutBundle(
  bundlePath: string,
  directory: string,
  given: {
    readonly commit?: string;
    readonly openPgpKeys?: readonly string[];
    readonly blobs?: BlobStore;
  } = {},
): Promise<Omit<SourceRevision, 'bundle'>> {
  const repository = historyOf(directory);
  await mkdir(directory, { recursive: true });
  await mkdir(repository, { recursive: true });
  try {
    await fetchWhole(repository, bundlePath);
    const commit = (await git(repository, ['rev-parse', `${ARCHIVED}^{commit}`])).trim();
    if (given.commit !== undefined && commit !== given.commit) {
      throw new PipelineError(
        'git_failed',
        `the bundle holds commit \`${commit}\`, not \`${given.commit}\`; restore the archived bundle`,
      );
    }
    const parts = await readBundledParts(repository, commit);
    for (const part of parts) await checkOutPart(repository, directory, part);
    const described = await describeParts(repository, parts, given.openPgpKeys);
    for (const file of described.lfs ?? []) await layOutLfs(directory, file, given.blobs);
    return described;
  } catch (error) {
    await rm(repository, { recursive: true, force: true });
    throw error;
  }
}

/** The commit, and into the directory that it leaves empty for each submodule, that one's commit. */
async function checkOutPart(
  repository: string,
  directory: string,
  { path, commit, index }: BundledPart,
): Promise<void> {
  const target = join(directory, path);
  await mkdir(target, { recursive: true });
  const env = { GIT_INDEX_FILE: index, GIT_WORK_TREE: target, GIT_DIR: repository };
  await git(repository, ['read-tree', commit], env);
  await git(target, ['checkout-index', '--all', '--force'], env);
}

/** Its bytes in the place of the pointer, which keeps saying whether it may be executed. */
async function layOutLfs(
  directory: string,
  file: { readonly path: string; readonly digest: string },
  blobs: BlobStore | undefined,
): Promise<void> {
  if (blobs === undefined) {
    throw lacking(file.path, 'lies in Git LFS, which is not archived with it', file.digest);
  }
  const path = join(directory, file.path);
  const { mode } = await stat(path);
  await blobs.copyTo(file.digest, path).catch((cause: unknown) => {
    if (!(cause instanceof PipelineError && cause.code === 'blob_missing')) throw cause;
    const message = `\`${file.path}\` lies in Git LFS and its bytes (\`${file.digest.slice(0, 12)}…\`) are not archived; archive the commit anew from a clone with \`git lfs pull\``;
    throw new PipelineError('blob_missing', message, { cause, details: { digest: file.digest } });
  });
  await chmod(path, mode & 0o777);
}
