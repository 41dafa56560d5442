// SPDX-License-Identifier: Apache-2.0
import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { CHUNK_BYTES } from './blob-files.ts';

/** What one request adds to a file: where it begins, where it must end at the latest, and who is told of progress. */
export interface Appending {
  readonly offset: number;
  readonly end: number;
  /** Fed every byte that was written, in order. */
  readonly hash?: Hash | undefined;
  /** After each piece that is in the file, with the offset behind it; throws to end the request. */
  readonly written: (offset: number) => void | Promise<void>;
  /** Of a source that sends more than fits. */
  readonly tooMany: () => Error;
}

/**
 * Writes a stream behind what is there. Whatever ends the source, what it gave before is in the file: a connection that
 * breaks costs no byte that arrived.
 */
export async function appendBytes(
  file: FileHandle,
  source: AsyncIterable<Uint8Array>,
  { offset: start, end, hash, written, tooMany }: Appending,
): Promise<void> {
  let offset = start;
  let gathered: Uint8Array[] = [];
  let bytes = 0;
  // A socket gives 64 KiB at a time: gathered, a write costs one system call a megabyte.
  const flush = async (): Promise<void> => {
    const pieces = gathered;
    const length = bytes;
    gathered = [];
    bytes = 0;
    if (length === 0) return;
    await writeWhole(file, pieces, offset);
    for (const piece of pieces) hash?.update(piece);
    offset += length;
    await written(offset);
  };
  try {
    for await (const chunk of source) {
      if (offset + bytes + chunk.length > end) throw tooMany();
      gathered.push(chunk);
      bytes += chunk.length;
      if (bytes >= CHUNK_BYTES) await flush();
    }
  } catch (cause) {
    await flush();
    throw cause;
  }
  await flush();
}

/** A write may take less than it was given, on a disk that fills up for one. */
async function writeWhole(file: FileHandle, pieces: Uint8Array[], offset: number): Promise<void> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { bytesWritten } = await file.writev(pieces, offset);
  if (bytesWritten === length) return;
  const rest = Buffer.concat(pieces).subarray(bytesWritten);
  let done = 0;
  while (done < rest.length) {
    const at = offset + bytesWritten + done;
    const more = await file.write(rest, done, rest.length - done, at);
    if (more.bytesWritten === 0) throw new Error('a write took no byte');
    done += more.bytesWritten;
  }
}
