// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveSource, openFileBlobStore } from '@countersign/pipeline';
import type { LocalFile } from '../client/local-files.ts';

export interface ArchivedCheckout {
  readonly commit: string;
  /** Digest of the `git bundle` of the commit with its history and its submodules. */
  readonly bundle: string;
  /** The bundle and every file of Git LFS, on this machine until `use` has ended. */
  readonly files: readonly LocalFile[];
}

/**
 * The commit at HEAD of a clean repository, as what the worker checks out; given to `use`.
 * @throws PipelineError `checkout_dirty`, `source_unsupported`, `git_failed`: what the worker would refuse is refused here
 */
export async function archiveCheckout<T>(
  directory: string,
  use: (archived: ArchivedCheckout) => Promise<T>,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-source-'));
  try {
    const blobs = openFileBlobStore(join(scratch, 'blobs'));
    const { commit, bundle, lfs = [] } = await archiveSource(directory, blobs, scratch);
    const files: LocalFile[] = [];
    for (const [path, { digest }] of [
      ['source.bundle', bundle] as const,
      ...lfs.map((file) => [file.path, file] as const),
    ]) {
      const from = join(scratch, 'files', digest);
      await blobs.copyTo(digest, from);
      files.push({ path, from });
    }
    return await use({ commit, bundle: bundle.digest, files });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
