// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveSource, openFileBlobStore } from '@countersign/pipeline';

export interface ArchivedCheckout {
  readonly commit: string;
  /** `git bundle` of the commit with its history. */
  readonly bundle: Uint8Array;
}

/**
 * The commit at HEAD of a clean repository, as the bundle that the worker checks out.
 * @throws PipelineError `checkout_dirty`, `source_unsupported`, `git_failed`: what the worker would refuse is refused here
 */
export async function archiveCheckout(directory: string): Promise<ArchivedCheckout> {
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-source-'));
  try {
    const blobs = openFileBlobStore(join(scratch, 'blobs'));
    const { commit, bundle } = await archiveSource(directory, blobs, scratch);
    return { commit, bundle: await blobs.get(bundle.digest) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
