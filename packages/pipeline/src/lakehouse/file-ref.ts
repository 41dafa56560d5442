// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { BlobRef } from '../blobs/blob-store.ts';

const PIECE_BYTES = 1024 * 1024;

/** Digest and size of a file that is not archived. */
export async function fileRef(path: string, signal?: AbortSignal): Promise<BlobRef> {
  const hash = createHash('sha256');
  let size = 0;
  const stream = createReadStream(path, {
    highWaterMark: PIECE_BYTES,
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const piece of stream) {
    const bytes: Uint8Array = piece;
    hash.update(bytes);
    size += bytes.length;
  }
  return { digest: hash.digest('hex'), size };
}
