// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { blobPath, CHUNK_BYTES, missing, sizeOf } from './blob-files.ts';
import type { ByteRange } from './blob-store.ts';
import { type DataKeys, describeSealed, keyMissing, openSealed } from './sealed-file.ts';

/** A content of a store, plain or sealed; who reads it sees no difference. */
export interface FoundContent {
  /** The file that it lies in. */
  readonly path: string;
  /** Of the content, in bytes. */
  readonly size: number;
  /** The id of the key that it is sealed under. */
  readonly keyId?: string;
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
}

/**
 * Undefined for a content that is not here, and for one whose key is not: that is as good as gone.
 * @throws PipelineError `blob_name_invalid`, `blob_corrupt`
 */
export async function findContent(
  root: string,
  digest: string,
  keys: DataKeys | undefined,
): Promise<FoundContent | undefined> {
  const path = blobPath(root, digest);
  const size = await sizeOf(path);
  if (size !== undefined) {
    const read = (range?: ByteRange) =>
      createReadStream(path, { ...range, highWaterMark: CHUNK_BYTES });
    return { path, size, read };
  }
  const sealed = await describeSealed(root, digest);
  if (sealed === undefined) return undefined;
  const { keyId } = sealed.header;
  if ((await keys?.keyOf(keyId)) === undefined) return undefined;
  return {
    path: sealed.path,
    size: sealed.header.size,
    keyId,
    read: (range) => openSealed(sealed, keys, range),
  };
}

/** @throws PipelineError `blob_missing`, `blob_key_missing`, `blob_corrupt`, `blob_name_invalid` */
export async function requireContent(
  root: string,
  digest: string,
  keys: DataKeys | undefined,
): Promise<FoundContent> {
  const found = await findContent(root, digest, keys);
  if (found !== undefined) return found;
  const sealed = await describeSealed(root, digest);
  if (sealed !== undefined) throw keyMissing(digest, sealed.header.keyId);
  throw missing(digest, Object.assign(new Error('no such blob'), { code: 'ENOENT' }));
}
