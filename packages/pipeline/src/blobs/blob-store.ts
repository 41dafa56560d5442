// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, unlink, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  blobPath,
  CHUNK_BYTES,
  corrupt,
  missing,
  publish,
  sizeOf,
  stage,
  syncDirectory,
} from './blob-files.ts';
import { createSeenWhole, type SeenWhole } from './seen-whole.ts';
import { isFull, storageFull } from './upload.ts';

/** Lower-case hex SHA-256 of the content, and its length in bytes. */
export interface BlobRef {
  digest: string;
  size: number;
}

/** Bytes from `start` to `end`, both included, as in RFC 9110, section 14.1.2. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Content-addressed bytes. Untrusted: whoever holds the directory can delete or damage content, never
 * pass off other bytes under a digest, since every read is hashed.
 *
 * A `put*` returns once the content survives a power cut. Reads throw `PipelineError`:
 * `blob_missing`, `blob_corrupt`, `blob_name_invalid` (not a SHA-256 in lower-case hex). Of streams and files, writes throw
 * `storage_full`, and leave nothing.
 */
export interface BlobStore {
  put(data: Uint8Array): Promise<BlobRef>;
  putFile(path: string): Promise<BlobRef>;
  putStream(source: AsyncIterable<Uint8Array>): Promise<BlobRef>;
  /**
   * Takes a closed file of the same file system, of which the caller has hashed every byte to be this digest: it is
   * renamed, not copied, and nobody can write it afterwards.
   */
  adopt(path: string, digest: string): Promise<BlobRef>;
  get(digest: string): Promise<Uint8Array>;
  /** Writes the content to `path`, replacing what is there; nothing is left at `path` when it is corrupt. */
  copyTo(digest: string, path: string): Promise<void>;
  /** Reads the whole content and gives nothing but its size: for whoever must know before the first byte goes out. */
  check(digest: string): Promise<BlobRef>;
  /** As `check`, but what this process has hashed whole and nobody has written to since is not read again. */
  checkOnce(digest: string): Promise<BlobRef>;
  /**
   * Streams the content. Throws at the end when it was corrupt, with the last chunk withheld: who counts bytes sees
   * that some are missing, and who does not must use nothing before the end.
   */
  open(digest: string): AsyncIterable<Uint8Array>;
  /** Streams a part of the content. **Not hashed**: for whoever puts the parts together and hashes the whole. */
  openRange(digest: string, range: ByteRange): AsyncIterable<Uint8Array>;
  /** Whether content is present under this name; it is not read. */
  has(digest: string): Promise<boolean>;
  /** Length of what is present under this name, and whether `checkOnce` would have to read it. */
  standing(
    digest: string,
  ): Promise<{ readonly size: number; readonly isSeen: boolean } | undefined>;
  /** Somebody is about to name this content in a record: it counts as unreferenced only from now on. */
  touch(digest: string): Promise<void>;
}

/** Opens (and creates on first write) a blob store laid out as `root/sha256/ab/<64 hex digits>`. */
export function openFileBlobStore(root: string): BlobStore {
  const place: Place = { root, seen: createSeenWhole() };
  return {
    put: (data) => putBytes(place, data),
    putFile: (path) => putChunks(place, createReadStream(path, { highWaterMark: CHUNK_BYTES })),
    putStream: (source) => putChunks(place, source),
    adopt: (path, digest) => adoptFile(place, path, digest),
    get: (digest) => getBytes(root, digest),
    copyTo: (digest, path) => copyVerified(place, digest, path),
    check: (digest) => checkContent(place, digest),
    checkOnce: (digest) => checkOnce(place, digest),
    open: (digest) => readVerified(place, digest),
    openRange: (digest, range) => readRange(root, digest, range),
    has: async (digest) => (await sizeOf(blobPath(root, digest))) !== undefined,
    standing: (digest) => standingOf(place, digest),
    touch: (digest) => touch(place, digest),
  };
}

interface Place {
  readonly root: string;
  readonly seen: SeenWhole;
}

async function putBytes(place: Place, data: Uint8Array): Promise<BlobRef> {
  const { root } = place;
  const digest = createHash('sha256').update(data).digest('hex');
  const target = blobPath(root, digest);
  if (await holdsBytes(target, data)) {
    const now = new Date();
    // Somebody needs it again: a sweep must not take it for old.
    await utimes(target, now, now);
    await touch(place, digest);
    await syncDirectory(dirname(target));
    return { digest, size: data.length };
  }
  const staged = await stage(root, async (file) => {
    await file.writeFile(data);
  });
  await publish(staged, target);
  return { digest, size: data.length };
}

async function putChunks(
  { root, seen }: Place,
  source: AsyncIterable<Uint8Array>,
): Promise<BlobRef> {
  const hash = createHash('sha256');
  let size = 0;
  const staged = await stage(root, async (file) => {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      await file.writeFile(chunk);
    }
  }).catch((cause) => {
    throw isFull(cause) ? storageFull(cause) : cause;
  });
  const digest = hash.digest('hex');
  const target = blobPath(root, digest);
  // Published even over content that is already there, which costs no second write and mends a damaged file.
  await publish(staged, target);
  seen.remember(digest, await seen.stamp(target));
  return { digest, size };
}

async function adoptFile({ root, seen }: Place, path: string, digest: string): Promise<BlobRef> {
  const target = blobPath(root, digest);
  const file = await open(path, 'r');
  try {
    await file.chmod(0o444);
    await file.sync();
  } finally {
    await file.close();
  }
  await publish(path, target);
  const stamp = await seen.stamp(target);
  seen.remember(digest, stamp);
  return { digest, size: Number(stamp.size) };
}

/** By content, not by size: what is damaged on disk is written again. */
async function holdsBytes(path: string, data: Uint8Array): Promise<boolean> {
  if ((await sizeOf(path)) !== data.length) return false;
  return (await readFile(path)).equals(data);
}

async function getBytes(root: string, digest: string): Promise<Uint8Array> {
  const data = await readFile(blobPath(root, digest)).catch((cause) => {
    throw missing(digest, cause);
  });
  if (createHash('sha256').update(data).digest('hex') !== digest) {
    throw corrupt(digest);
  }
  return data;
}

/** Each chunk goes out when the next one is here, so that the last one waits for the digest. */
async function* readVerified({ root, seen }: Place, digest: string): AsyncGenerator<Uint8Array> {
  const path = blobPath(root, digest);
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  const stamp = await seen.stamp(path).catch((cause) => {
    throw missing(digest, cause);
  });
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      hash.update(chunk);
      if (held !== undefined) yield held;
      held = chunk;
    }
  } catch (cause) {
    throw missing(digest, cause);
  }
  if (hash.digest('hex') !== digest) {
    seen.forget(digest);
    throw corrupt(digest);
  }
  seen.remember(digest, stamp);
  if (held !== undefined) yield held;
}

async function* readRange(
  root: string,
  digest: string,
  { start, end }: ByteRange,
): AsyncGenerator<Uint8Array> {
  const path = blobPath(root, digest);
  try {
    yield* createReadStream(path, { start, end, highWaterMark: CHUNK_BYTES });
  } catch (cause) {
    throw missing(digest, cause);
  }
}

async function checkContent(place: Place, digest: string): Promise<BlobRef> {
  let size = 0;
  for await (const chunk of readVerified(place, digest)) size += chunk.length;
  return { digest, size };
}

async function checkOnce(place: Place, digest: string): Promise<BlobRef> {
  const standing = await standingOf(place, digest);
  if (standing?.isSeen === true) return { digest, size: standing.size };
  return checkContent(place, digest);
}

async function standingOf({ root, seen }: Place, digest: string) {
  const path = blobPath(root, digest);
  const size = await sizeOf(path);
  return size === undefined ? undefined : { size, isSeen: await seen.isUnchanged(digest, path) };
}

async function touch({ root, seen }: Place, digest: string): Promise<void> {
  const path = blobPath(root, digest);
  const now = new Date();
  try {
    const isSeen = await seen.isUnchanged(digest, path);
    await utimes(path, now, now);
    if (isSeen) seen.remember(digest, await seen.stamp(path));
  } catch (cause) {
    throw missing(digest, cause);
  }
}

async function copyVerified(place: Place, digest: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}.partial`;
  const file = await open(partial, 'wx', 0o644);
  try {
    for await (const chunk of readVerified(place, digest)) {
      await file.writeFile(chunk);
    }
    await file.close();
    await rename(partial, path);
  } catch (cause) {
    await file.close().catch(() => {}); // already closed when the rename was what failed
    await unlink(partial);
    throw cause;
  }
}
