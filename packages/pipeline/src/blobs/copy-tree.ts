// SPDX-License-Identifier: Apache-2.0
import { readTreeManifest } from '../snapshot/tree-manifest.ts';
import type { BlobStore } from './blob-store.ts';

/**
 * Copies a data version from one store to another, files first and the manifest last, each hashed on the way; what is there
 * already is not copied. `refuse` is asked before each file and throws to end it.
 * @throws PipelineError `blob_missing`, `blob_corrupt`, `data_version_invalid`
 */
export async function copyTree(
  digest: string,
  stores: { readonly from: BlobStore; readonly to: BlobStore },
  refuse: (digest: string, path: string) => void = () => {},
): Promise<void> {
  for await (const entry of readTreeManifest(stores.from, digest)) {
    if (!('digest' in entry)) continue;
    refuse(entry.digest, entry.path);
    await copyBlob(entry.digest, stores);
  }
  await copyBlob(digest, stores);
}

/** The names of the contents of a data version, one by one. @throws as `readTreeManifest` */
export async function* contentsOfTree(
  blobs: Pick<BlobStore, 'open'>,
  digest: string,
): AsyncGenerator<string> {
  for await (const entry of readTreeManifest(blobs, digest)) {
    if ('digest' in entry) yield entry.digest;
  }
}

async function copyBlob(
  digest: string,
  { from, to }: { readonly from: BlobStore; readonly to: BlobStore },
): Promise<void> {
  if (!(await to.has(digest))) await to.putStream(from.open(digest));
}
