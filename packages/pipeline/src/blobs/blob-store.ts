// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { adoptFiles, type HashedFile } from './adopt-files.ts';
import {
  blobPath,
  CHUNK_BYTES,
  corrupt,
  missing,
  publish,
  STAGING,
  sizeOf,
  stage,
  syncDirectory,
} from './blob-files.ts';
import { findContent, requireContent } from './found-content.ts';
import {
  type DataKeys,
  describeSealed,
  keyMissing,
  sealedPath,
  stageSealed,
} from './sealed-file.ts';
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
  /** As `adopt`, of many files that lie in `place.staging`, for the price of a few. */
  adoptAll(files: readonly HashedFile[]): Promise<void>;
  /** Where the store lies, and where whoever hashes many files puts what `adoptAll` is to take. */
  readonly place: { readonly root: string; readonly staging: string };
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
  /**
   * Seals a content under a data key: the plain file is gone when this returns. Without `content` it is what lies here; with
   * it, bytes that are not here yet and never lie here plain. What is sealed already stays as it is, under its own key.
   * @returns the id of the key that it is sealed under @throws PipelineError `blob_key_missing`, `blob_missing`, `blob_corrupt`
   */
  seal(
    digest: string,
    keyId: string,
    content?: { readonly size: number; readonly source: AsyncIterable<Uint8Array> },
  ): Promise<string>;
}

export interface BlobStoreOptions {
  /** Opens what is sealed; a store without keys takes sealed contents for gone. */
  readonly keys?: DataKeys;
}

/** Opens (and creates on first write) a blob store laid out as `root/sha256/ab/<64 hex digits>`. */
export function openFileBlobStore(root: string, { keys }: BlobStoreOptions = {}): BlobStore {
  const place: Place = { root, keys, seen: createSeenWhole() };
  return {
    put: (data) => putBytes(place, data),
    putFile: (path) => putChunks(place, chunksOf(path)),
    putStream: (source) => putChunks(place, source),
    adopt: (path, digest) => adoptFile(place, path, digest),
    adoptAll: (files) => adoptFiles(root, files),
    place: { root, staging: join(root, STAGING) },
    get: (digest) => getBytes(place, digest),
    copyTo: (digest, path) => copyVerified(place, digest, path),
    check: (digest) => checkContent(place, digest),
    checkOnce: (digest) => checkOnce(place, digest),
    open: (digest) => readVerified(place, digest),
    openRange: (digest, range) => readRange(place, digest, range),
    has: (digest) => hasContent(place, digest),
    standing: (digest) => standingOf(place, digest),
    touch: (digest) => touch(place, digest),
    seal: (digest, keyId, content) => seal(place, { digest, keyId, content }),
  };
}

interface Place {
  readonly root: string;
  readonly keys: DataKeys | undefined;
  readonly seen: SeenWhole;
}

/** Opens the file when it is first asked for: a stream that fails before anybody listens ends the process. */
async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: CHUNK_BYTES });
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
  if (await keepsSealed(place, digest)) return { digest, size: data.length };
  const staged = await stage(root, async (file) => {
    await file.writeFile(data);
  });
  await publish(staged, target);
  return { digest, size: data.length };
}

/** What is sealed is not stored beside it in plain; somebody needs it again. */
async function keepsSealed(place: Place, digest: string): Promise<boolean> {
  const found = await findContent(place.root, digest, place.keys).catch(() => undefined); // damaged
  if (found?.keyId === undefined) return false;
  await touch(place, digest);
  return true;
}

async function putChunks(place: Place, source: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  const { root, seen } = place;
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
  if (await keepsSealed(place, digest)) {
    await unlink(staged);
    return { digest, size };
  }
  // Published even over content that is already there, which costs no second write and mends a damaged file.
  await publish(staged, target);
  seen.remember(digest, await seen.stamp(target));
  return { digest, size };
}

async function adoptFile(place: Place, path: string, digest: string): Promise<BlobRef> {
  const { root, seen } = place;
  const target = blobPath(root, digest);
  const file = await open(path, 'r');
  try {
    if (await keepsSealed(place, digest)) {
      const { size } = await file.stat();
      await unlink(path);
      return { digest, size };
    }
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

async function getBytes({ root, keys }: Place, digest: string): Promise<Uint8Array> {
  const found = await requireContent(root, digest, keys);
  const pieces: Uint8Array[] = [];
  try {
    if (found.keyId === undefined) pieces.push(await readFile(found.path));
    else for await (const piece of found.read()) pieces.push(piece);
  } catch (cause) {
    throw missing(digest, cause);
  }
  const data = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  if (createHash('sha256').update(data).digest('hex') !== digest) {
    throw corrupt(digest);
  }
  return data;
}

/** Each chunk goes out when the next one is here, so that the last one waits for the digest. */
async function* readVerified(
  { root, keys, seen }: Place,
  digest: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  const found = await requireContent(root, digest, keys);
  const stamp = await seen.stamp(found.path).catch((cause) => {
    throw missing(digest, cause);
  });
  try {
    for await (const chunk of found.read()) {
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
  { root, keys }: Place,
  digest: string,
  range: ByteRange,
): AsyncGenerator<Uint8Array> {
  const found = await requireContent(root, digest, keys);
  try {
    yield* found.read(range);
  } catch (cause) {
    throw missing(digest, cause);
  }
}

/** What is damaged is present: whoever reads it is told. */
async function hasContent({ root, keys }: Place, digest: string): Promise<boolean> {
  if ((await sizeOf(blobPath(root, digest))) !== undefined) return true;
  const found = await findContent(root, digest, keys).catch((cause: unknown) => {
    if (cause instanceof PipelineError && cause.code === 'blob_corrupt') return true;
    throw cause;
  });
  return found !== undefined;
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

async function standingOf({ root, keys, seen }: Place, digest: string) {
  const found = await findContent(root, digest, keys);
  if (found === undefined) return undefined;
  return { size: found.size, isSeen: await seen.isUnchanged(digest, found.path) };
}

async function touch({ root, keys, seen }: Place, digest: string): Promise<void> {
  const { path } = await requireContent(root, digest, keys);
  const now = new Date();
  try {
    const isSeen = await seen.isUnchanged(digest, path);
    await utimes(path, now, now);
    if (isSeen) seen.remember(digest, await seen.stamp(path));
  } catch (cause) {
    throw missing(digest, cause);
  }
}

interface Sealing {
  readonly digest: string;
  readonly keyId: string;
  readonly content:
    | { readonly size: number; readonly source: AsyncIterable<Uint8Array> }
    | undefined;
}

/** Sealed first and plain away last: a crash in between leaves both, and the next call takes the plain one away. */
async function seal(place: Place, { digest, keyId, content }: Sealing): Promise<string> {
  const { root, keys, seen } = place;
  const target = sealedPath(root, digest);
  const before = await describeSealed(root, digest).catch(() => undefined); // damaged: sealed anew
  const isOpen = before !== undefined && (await keys?.keyOf(before.header.keyId)) !== undefined;
  if (!isOpen) {
    const bytes = await keys?.keyOf(keyId);
    if (bytes === undefined) throw keyMissing(digest, keyId);
    const size = content?.size ?? (await requireContent(root, digest, keys)).size;
    const source = content?.source ?? readVerified(place, digest);
    const staged = await stageSealed(root, { digest, size, source }, { id: keyId, bytes });
    await publish(staged, target);
    seen.forget(digest);
  }
  if ((await sizeOf(blobPath(root, digest))) !== undefined) {
    await unlink(blobPath(root, digest));
    await syncDirectory(dirname(target));
  }
  return isOpen ? before.header.keyId : keyId;
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
