// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { type DatasetOrigin, externalExtension } from '../file/origin-section.ts';
import type { DatasetSnapshot } from '../snapshot/dataset-snapshot.ts';
import type { Extracted } from './extracted.ts';

/**
 * An external dataset of a recorded run from its archived bytes alone: the source may have changed or vanished since.
 * Throws PipelineError `blob_missing` when nothing was archived.
 */
export async function archivedDataset(
  recorded: DatasetSnapshot | undefined,
  wanted: {
    readonly name: string;
    readonly from: DatasetOrigin;
    readonly workDir: string;
    readonly blobs: BlobStore;
  },
): Promise<Extracted> {
  const { name, from, workDir, blobs } = wanted;
  if (recorded === undefined) {
    throw new PipelineError(
      'blob_missing',
      `the recorded run has no snapshot of \`${name}\`, and a rebuild reads no source`,
      { details: { dataset: name } },
    );
  }
  const file = `${name}${externalExtension(from)}`;
  const path = join(workDir, file);
  await blobs.copyTo(recorded.content.digest, path);
  return { path, file, origin: recorded.origin };
}
