// SPDX-License-Identifier: Apache-2.0
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { CHUNK_BYTES } from '../blobs/blob-files.ts';
import { PipelineError } from '../errors.ts';

/**
 * Copies a file that somebody else may be writing. Throws PipelineError `source_changed` when size, times or place of
 * it differ before and after: a copy of two states is a copy of neither.
 */
export async function copyUnchanged(from: string, to: string): Promise<void> {
  const file = await open(from);
  try {
    const before = await file.stat({ bigint: true });
    await pipeline(
      createReadStream('', { fd: file.fd, autoClose: false, start: 0, highWaterMark: CHUNK_BYTES }),
      createWriteStream(to, { flags: 'wx', mode: 0o600 }),
    );
    const after = await file.stat({ bigint: true });
    const isSame =
      before.size === after.size &&
      before.mtimeNs === after.mtimeNs &&
      before.ctimeNs === after.ctimeNs;
    if (isSame) return;
  } finally {
    await file.close();
  }
  const message = `\`${from}\` was written to while it was read; run it again`;
  throw new PipelineError('source_changed', message, { details: { file: from } });
}
