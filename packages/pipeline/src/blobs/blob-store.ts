// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.ts';

/** Lower-case hex SHA-256 of the content, and its length in bytes. */
export interface BlobRef {
  digest: string;
  size: number;
}

/**
 * Content-addressed bytes. Untrusted: whoever holds the directory can delete or damage content, never
 * pass off other bytes under a digest, since every read is hashed.
 *
 * A `put*` returns once the content survives a power cut. Reads throw `PipelineError`:
 * `blob_missing`, `blob_corrupt`, `blob_name_invalid` (not a SHA-256 in lower-case hex).
 */
export interface BlobStore {
  put(data: Uint8Array): Promise<BlobRef>;
  putFile(path: string): Promise<BlobRef>;
  putStream(source: AsyncIterable<Uint8Array>): Promise<BlobRef>;
  get(digest: string): Promise<Uint8Array>;
  /** Writes the content to `path`, replacing what is there; nothing is left at `path` when it is corrupt. */
  copyTo(digest: string, path: string): Promise<void>;
  /** Reads the whole content and gives nothing but its size: for whoever must know before the first byte goes out. */
  check(digest: string): Promise<BlobRef>;
  /** Streams the content; throws after the last chunk when it was corrupt, so use nothing before the end. */
  open(digest: string): AsyncIterable<Uint8Array>;
  /** Whether content is present under this name; it is not read. */
  has(digest: string): Promise<boolean>;
}

/** Opens (and creates on first write) a blob store laid out as `root/sha256/ab/<64 hex digits>`. */
export function openFileBlobStore(root: string): BlobStore {
  return {
    put: (data) => putBytes(root, data),
    putFile: (path) => putChunks(root, createReadStream(path, { highWaterMark: CHUNK_BYTES })),
    putStream: (source) => putChunks(root, source),
    get: (digest) => getBytes(root, digest),
    copyTo: (digest, path) => copyVerified(root, digest, path),
    check: (digest) => checkContent(root, digest),
    open: (digest) => readVerified(root, digest),
    has: async (digest) => (await sizeOf(blobPath(root, digest))) !== undefined,
  };
}

/** One read of a stream: large enough that hashing, not system calls, is the cost. */
const CHUNK_BYTES = 1024 * 1024;

async function putBytes(root: string, data: Uint8Array): Promise<BlobRef> {
  const digest = createHash('sha256').update(data).digest('hex');
  const target = blobPath(root, digest);
  if (await holdsBytes(target, data)) {
    await syncDirectory(dirname(target));
    return { digest, size: data.length };
  }
  const staged = await stage(root, async (file) => {
    await file.writeFile(data);
  });
  await publish(staged, target);
  return { digest, size: data.length };
}

async function putChunks(root: string, source: AsyncIterable<Uint8Array>): Promise<BlobRef> {
  const hash = createHash('sha256');
  let size = 0;
  const staged = await stage(root, async (file) => {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      await file.writeFile(chunk);
    }
  });
  const digest = hash.digest('hex');
  // Published even over content that is already there, which costs no second write and mends a damaged file.
  await publish(staged, blobPath(root, digest));
  return { digest, size };
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

async function* readVerified(root: string, digest: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const stream = createReadStream(blobPath(root, digest), { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of stream) {
      hash.update(chunk);
      yield chunk;
    }
  } catch (cause) {
    throw missing(digest, cause);
  }
  if (hash.digest('hex') !== digest) {
    throw corrupt(digest);
  }
}

async function checkContent(root: string, digest: string): Promise<BlobRef> {
  let size = 0;
  for await (const chunk of readVerified(root, digest)) size += chunk.length;
  return { digest, size };
}

async function copyVerified(root: string, digest: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = `${path}.${randomUUID()}.partial`;
  const file = await open(partial, 'wx', 0o644);
  try {
    for await (const chunk of readVerified(root, digest)) {
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

/**
 * Writes to a temporary file of the same file system and syncs it. A crash here leaves a file under
 * `root/staging`, which nothing reads and which may be deleted whenever no writer is running.
 */
async function stage(root: string, write: (file: FileHandle) => Promise<void>): Promise<string> {
  const directory = join(root, 'staging');
  await mkdir(directory, { recursive: true });
  const path = join(directory, randomUUID());
  const file = await open(path, 'wx', 0o444);
  try {
    await write(file);
    await file.sync();
    await file.close();
  } catch (cause) {
    await file.close();
    await unlink(path);
    throw cause;
  }
  return path;
}

/** The rename makes content visible whole or not at all; the directory sync makes the name survive. */
async function publish(staged: string, target: string): Promise<void> {
  const directory = dirname(target);
  const created = await mkdir(directory, { recursive: true });
  await rename(staged, target);
  await syncDirectory(directory);
  if (created !== undefined) {
    // New directories are names too: sync each parent up to the one that already existed.
    for (let parent = dirname(directory); parent.length >= dirname(created).length; ) {
      await syncDirectory(parent);
      parent = dirname(parent);
    }
  }
}

/** Also called for content that is already there: another writer may not have reached its own sync. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if (isMissing(cause)) {
      return undefined;
    }
    throw cause;
  }
}

function blobPath(root: string, digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    throw new PipelineError(
      'blob_name_invalid',
      `blob name \`${digest}\` is not a SHA-256 in lower-case hex`,
      { details: { digest } },
    );
  }
  return join(root, 'sha256', digest.slice(0, 2), digest);
}

function missing(digest: string, cause: unknown): unknown {
  if (!isMissing(cause)) {
    return cause;
  }
  return new PipelineError(
    'blob_missing',
    `blob \`${digest}\` is not in the store; restore it from a backup or run again what made it`,
    { details: { digest }, cause },
  );
}

function corrupt(digest: string): PipelineError {
  return new PipelineError(
    'blob_corrupt',
    `blob \`${digest}\` does not hold the bytes of its name; delete the file and restore it from a backup`,
    { details: { digest } },
  );
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
