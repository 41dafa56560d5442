// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { blobPath, corrupt, stage } from './blob-files.ts';
import type { ByteRange } from './blob-store.ts';
import {
  broken,
  chunkCount,
  decodeHeader,
  encodeHeader,
  fileKey,
  HEADER_BYTES_MAX,
  openChunk,
  SEALED_CHUNK_BYTES,
  type SealedHeader,
  sealChunk,
  sealedLength,
  TAG_BYTES,
} from './sealed-format.ts';

/** Keys of data at rest, by their ids. */
export interface DataKeys {
  /** 32 bytes; undefined for a key that is not here, or not any more. */
  keyOf(id: string): Promise<Uint8Array | undefined>;
}

/**
 * Ids of the keys under which the contents of a store are sealed; undefined when a sealed file is damaged and does not
 * say. Reads the header of each.
 */
export async function sealedKeyIds(root: string): Promise<ReadonlySet<string> | undefined> {
  const found = new Set<string>();
  const names = await readdir(join(root, 'sha256'), { recursive: true }).catch(() => []); // empty
  for (const name of names.filter((one) => one.endsWith('.sealed'))) {
    const digest = basename(name, '.sealed');
    const sealed = await describeSealed(root, digest).catch(() => null);
    if (sealed === null) return undefined;
    if (sealed !== undefined) found.add(sealed.header.keyId);
  }
  return found;
}

/** Beside the place of the plain content, whose name it is still found by. */
export function sealedPath(root: string, digest: string): string {
  return `${blobPath(root, digest)}.sealed`;
}

/** What a sealed file says of itself, read without its key. */
export interface SealedFile {
  readonly path: string;
  readonly digest: string;
  readonly header: SealedHeader;
  readonly headerBytes: Buffer;
}

/** Undefined where no file is. @throws PipelineError `blob_corrupt` for one that is none of ours, or not as long as it says */
export async function describeSealed(
  root: string,
  digest: string,
): Promise<SealedFile | undefined> {
  const path = sealedPath(root, digest);
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  try {
    const start = Buffer.alloc(HEADER_BYTES_MAX);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    const decoded = decodeHeader(start.subarray(0, bytesRead));
    if (decoded === undefined) throw broken(digest);
    const { header, bytes: headerBytes } = decoded;
    const { size } = await file.stat();
    if (size !== sealedLength(headerBytes.length, header.size)) throw broken(digest);
    return { path, digest, header, headerBytes };
  } finally {
    await file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}

/**
 * Seals a content whose digest and size are known to a staged file. What turns out to be of another digest leaves nothing.
 * @returns the path of the staged file @throws PipelineError `blob_corrupt`
 */
export async function stageSealed(
  root: string,
  content: {
    readonly digest: string;
    readonly size: number;
    readonly source: AsyncIterable<Uint8Array>;
  },
  key: { readonly id: string; readonly bytes: Uint8Array },
): Promise<string> {
  const { digest, size, source } = content;
  const header = encodeHeader({ keyId: key.id, salt: randomBytes(32), size });
  const own = fileKey(key.bytes, header, digest);
  const last = chunkCount(size) - 1;
  return stage(root, async (file) => {
    await file.writeFile(header);
    const hash = createHash('sha256');
    let index = 0;
    for await (const chunk of chunksOf(source)) {
      if (index > last) throw corrupt(digest);
      hash.update(chunk);
      await file.writeFile(sealChunk(own, { index, isLast: index === last }, chunk));
      index += 1;
    }
    if (index !== last + 1 || hash.digest('hex') !== digest) throw corrupt(digest);
  });
}

/** Pieces of exactly `SEALED_CHUNK_BYTES`, the last one shorter; one empty piece for an empty content. */
async function* chunksOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  let given = 0;
  for await (const piece of source) {
    rest = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
    let at = 0;
    // The last full chunk waits: only the end of the source tells whether it is the last one.
    for (; rest.length - at > SEALED_CHUNK_BYTES; at += SEALED_CHUNK_BYTES) {
      yield rest.subarray(at, at + SEALED_CHUNK_BYTES);
      given += 1;
    }
    rest = Buffer.from(rest.subarray(at));
  }
  if (rest.length > 0 || given === 0) yield rest;
}

/** Chunks of one read: a megabyte. */
const READ_CHUNKS = 16;

/**
 * A part of a sealed content, every byte of which was authenticated under its key, its digest and its place.
 * @throws PipelineError `blob_key_missing`, `blob_corrupt`
 */
export async function* openSealed(
  sealed: SealedFile,
  keys: DataKeys | undefined,
  range?: ByteRange,
): AsyncGenerator<Buffer> {
  const { digest, header, headerBytes } = sealed;
  const dataKey = await keys?.keyOf(header.keyId);
  if (dataKey === undefined) throw keyMissing(digest, header.keyId);
  const own = fileKey(dataKey, headerBytes, digest);
  const last = chunkCount(header.size) - 1;
  const start = range?.start ?? 0;
  const end = Math.min(range?.end ?? Number.MAX_SAFE_INTEGER, header.size - 1);
  const file = await open(sealed.path, 'r');
  try {
    const first = Math.floor(start / SEALED_CHUNK_BYTES);
    const final = range === undefined ? last : Math.min(last, Math.floor(end / SEALED_CHUNK_BYTES));
    for (let index = first; index <= final; index += READ_CHUNKS) {
      const many = Math.min(READ_CHUNKS, final - index + 1);
      yield* readChunks(file, sealed, { own, index, many, last, start, end });
    }
  } finally {
    await file.close();
  }
}

interface Reading {
  readonly own: Uint8Array;
  readonly index: number;
  readonly many: number;
  readonly last: number;
  readonly start: number;
  readonly end: number;
}

async function* readChunks(
  file: FileHandle,
  { digest, headerBytes }: SealedFile,
  { own, index, many, last, start, end }: Reading,
): AsyncGenerator<Buffer> {
  const sealedBytes = SEALED_CHUNK_BYTES + TAG_BYTES;
  const buffer = Buffer.alloc(many * sealedBytes);
  const { bytesRead } = await file.read(
    buffer,
    0,
    buffer.length,
    headerBytes.length + index * sealedBytes,
  );
  for (let at = 0; at < many; at += 1) {
    const from = at * sealedBytes;
    const sealed = buffer.subarray(from, Math.min(from + sealedBytes, bytesRead));
    const place = { index: index + at, isLast: index + at === last, digest };
    const content = openChunk(own, place, sealed);
    const offset = place.index * SEALED_CHUNK_BYTES;
    const piece = content.subarray(Math.max(0, start - offset), Math.max(0, end + 1 - offset));
    if (piece.length > 0) yield piece;
  }
}

/** Not damage: whoever destroyed the key meant the bytes to be gone. */
export function keyMissing(digest: string, keyId: string): PipelineError {
  const message = `blob \`${digest}\` is sealed under key \`${keyId}\`, which is not here: it was destroyed with its retention class, or its file must be put back into \`data-keys\``;
  return new PipelineError('blob_key_missing', message, { details: { digest, keyId } });
}
