// SPDX-License-Identifier: Apache-2.0
import type { BlobStore } from './blob-store.ts';
import { contentsOfTree } from './copy-tree.ts';
import { listStoredBlobs, type StoredBlob } from './stored-blobs.ts';

export interface UnnamedRequest {
  /** Data versions that are kept, with everything in them. */
  readonly versions: readonly string[];
  /** Milliseconds since 1970: what was written or needed since then stays. */
  readonly before: number;
}

/** An image's manifest is some kilobytes; no more than this is read to see whether something is one. */
const MANIFEST_BYTES_MAX = 1024 * 1024;

/**
 * What of a person's own store nothing names any more: neither a kept data version nor a container image that was imported.
 * Results of drafts and cached steps are found again by running. A version whose manifest is damaged ends it: what it
 * names is then unknown, and nothing may be deleted.
 *
 * Memory: some 150 bytes for each content that is named.
 * @throws PipelineError `data_version_invalid`, `blob_corrupt`
 */
export async function* unnamedBlobs(
  blobs: BlobStore,
  { versions, before }: UnnamedRequest,
): AsyncGenerator<StoredBlob> {
  const named = new Set<string>();
  for (const version of versions) {
    if (!(await blobs.has(version))) continue;
    named.add(version);
    for await (const digest of contentsOfTree(blobs, version)) named.add(digest);
  }
  for await (const { digest, size } of listStoredBlobs(blobs.place.root)) {
    if (size > MANIFEST_BYTES_MAX || named.has(digest)) continue;
    const parts = imageParts(await blobs.get(digest));
    if (parts.length > 0) for (const one of [digest, ...parts]) named.add(one);
  }
  for await (const stored of listStoredBlobs(blobs.place.root)) {
    if (!named.has(stored.digest) && Date.parse(stored.storedAt) < before) yield stored;
  }
}

/** Of an OCI image manifest or index, every digest in it; of anything else, none. */
function imageParts(bytes: Uint8Array): readonly string[] {
  if (bytes[0] !== 0x7b) return [];
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.includes('"schemaVersion"')) return [];
  const isImage = /"mediaType"\s*:\s*"application\/vnd\.(?:oci|docker)\./.test(text);
  if (!isImage) return [];
  return [...text.matchAll(/"sha256:([0-9a-f]{64})"/g)].flatMap(([, digest]) => digest ?? []);
}
