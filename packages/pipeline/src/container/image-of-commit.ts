// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from '../blobs/blob-store.ts';
import { parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { PIPELINE_FILE } from '../file/pipeline-file-name.ts';
import type { BundledCommit } from '../source/compare-commits.ts';
import { readBundledFile } from '../source/read-bundled-file.ts';
import { copyArchivedImage } from './obtain-image.ts';
import { digestOfReference } from './oci-image.ts';

/**
 * Copies the image that an archived commit's pipeline runs in from one store to another, part by part. Does nothing when
 * it runs in none or the store does not hold it: the run itself then says what is wrong, with its line.
 */
export async function copyImageOfCommit(
  scratch: string,
  at: BundledCommit,
  stores: { readonly from: BlobStore; readonly to: BlobStore },
): Promise<void> {
  const reference = await imageOf(scratch, at);
  if (reference === undefined) return;
  if (await stores.from.has(digestOfReference(reference)))
    await copyArchivedImage(reference, stores.from, stores.to);
}

async function imageOf(scratch: string, at: BundledCommit): Promise<string | undefined> {
  try {
    const text = await readBundledFile(scratch, at, PIPELINE_FILE);
    const environment = text === undefined ? undefined : parsePipelineFile(text).file.environment;
    return environment !== undefined && 'image' in environment ? environment.image : undefined;
  } catch {
    return undefined; // an unreadable bundle or file is refused by the run
  }
}
