// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { blobPath, CHUNK_BYTES } from '../blobs/blob-files.ts';
import { isExecutable, isSettled, stampOf } from './tree-stamp.ts';

/** The store that a file is read into. */
export interface TreeStore {
  /** Of the blob store, to see what it holds. */
  readonly root: string;
  /** On the same file system, for what it does not hold yet. */
  readonly staging: string;
  /** What names in `staging` begin with, by which whoever asked finds what was given up. */
  readonly mark: string;
}

/** A file that was read whole while nothing changed it. */
export interface ReadFile {
  readonly digest: string;
  readonly size: number;
  readonly executable: boolean;
  readonly stamp: string;
  readonly isSettled: boolean;
  /** The closed copy that waits to be taken into the store; undefined when the store holds the content. */
  readonly staged?: string;
}

/** `changing`: each try saw another file than it had begun to read. */
export type FileOutcome = ReadFile | 'changing';

/** Below this a file is hashed before it is known whether a copy is wanted. */
const WHOLE_BYTES_MAX = CHUNK_BYTES;
const TRIES_MAX = 3;
const PAUSE_MS = 100;

/**
 * Reads a file once, hashing and copying side by side. Size and times are looked at before the first byte and after the
 * last: what was written to meanwhile is read again, three times in all.
 *
 * Synchronous: for a thread of its own. @throws whatever the file system does; nothing is left in `staging` then
 */
export function readTreeFile(path: string, store: TreeStore, buffer: Buffer): FileOutcome {
  for (let tries = 1; ; tries += 1) {
    const read = readOnce(path, store, buffer);
    if (read !== undefined) return read;
    if (tries === TRIES_MAX) return 'changing';
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/** A buffer for `readTreeFile`, which a thread uses again and again. */
export function readBuffer(): Buffer {
  return Buffer.allocUnsafeSlow(CHUNK_BYTES + 1);
}

/** Neither a link nor a pipe in place of the file that was found may lead or hold anybody up. */
const OPEN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

function readOnce(path: string, store: TreeStore, buffer: Buffer): ReadFile | undefined {
  const file = openOrGone(path);
  if (file === undefined) return undefined;
  let staged: Staged | undefined;
  try {
    const before = fstatSync(file, { bigint: true });
    if (!before.isFile()) return undefined;
    const readAtMs = Date.now();
    staged = before.size > WHOLE_BYTES_MAX ? stage(file, store) : undefined;
    const { digest, size } =
      staged === undefined ? readSmall(file, buffer) : copy(file, staged, buffer);
    const after = fstatSync(file, { bigint: true });
    if (stampOf(before) !== stampOf(after) || BigInt(size) !== before.size) {
      unlinkIfThere(staged?.path);
      return undefined;
    }
    const kept = keep({ digest, size, staged }, store, buffer);
    return {
      digest,
      size,
      ...factsOf(before, readAtMs),
      ...(kept === undefined ? {} : { staged: kept }),
    };
  } catch (cause) {
    unlinkIfThere(staged?.path);
    throw cause;
  } finally {
    closeSync(file);
    if (staged !== undefined) closeSync(staged.file);
  }
}

/** A file that is gone, or that a link has taken the place of, has changed. */
function openOrGone(path: string): number | undefined {
  try {
    return openSync(path, OPEN);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ELOOP') return undefined;
    throw cause;
  }
}

function factsOf(stats: BigIntStats, readAtMs: number) {
  return {
    executable: isExecutable(stats),
    stamp: stampOf(stats),
    isSettled: isSettled(stats, readAtMs),
  };
}

interface Staged {
  readonly path: string;
  readonly file: number;
  /** A clone shares the blocks of the source, and holds them whatever happens to it. */
  readonly isClone: boolean;
}

function stagedPath({ staging, mark }: TreeStore): string {
  return join(staging, `${mark}.${randomUUID()}`);
}

/** Of file systems that cannot clone, one answer is enough. */
const WITHOUT_CLONES = new Set<string>();

function stage(source: number, store: TreeStore): Staged {
  const path = stagedPath(store);
  if (!WITHOUT_CLONES.has(store.staging)) {
    try {
      copyFileSync(`/proc/self/fd/${source}`, path, constants.COPYFILE_FICLONE_FORCE);
      chmodSync(path, 0o444);
      return { path, file: openSync(path, 'r'), isClone: true };
    } catch {
      // Another file system, or one without clones (ENOTSUP, EXDEV, EINVAL, ENOSYS): the bytes are copied.
      WITHOUT_CLONES.add(store.staging);
      unlinkIfThere(path);
    }
  }
  return { path, file: openSync(path, 'wx', 0o444), isClone: false };
}

interface Hashed {
  readonly digest: string;
  readonly size: number;
}

function copy(source: number, staged: Staged, buffer: Buffer): Hashed {
  const hash = createHash('sha256');
  let size = 0;
  // What is hashed is the clone, which nobody else can write to.
  const from = staged.isClone ? staged.file : source;
  for (let read = fill(from, buffer, size); read > 0; read = fill(from, buffer, size)) {
    const bytes = buffer.subarray(0, read);
    hash.update(bytes);
    if (!staged.isClone) writeWholeSync(staged.file, bytes);
    size += read;
  }
  return { digest: hash.digest('hex'), size };
}

/** One more byte than a small file has: one that has grown is seen by its length. */
function readSmall(file: number, buffer: Buffer): Hashed {
  let size = 0;
  for (;;) {
    const read = readSync(file, buffer, size, buffer.length - size, size);
    size += read;
    if (read === 0 || size === buffer.length) break;
  }
  const digest = createHash('sha256').update(buffer.subarray(0, size)).digest('hex');
  return { digest, size };
}

function fill(file: number, buffer: Buffer, position: number): number {
  return readSync(file, buffer, 0, CHUNK_BYTES, position);
}

/** The path of a copy that the store lacks; a small file's is written only now, out of the buffer that it was read into. */
function keep(
  { digest, size, staged }: Hashed & { readonly staged: Staged | undefined },
  store: TreeStore,
  buffer: Buffer,
): string | undefined {
  if (holds(store, digest, size)) {
    if (staged !== undefined) unlinkIfThere(staged.path);
    return undefined;
  }
  if (staged !== undefined) return staged.path;
  const path = stagedPath(store);
  const file = openSync(path, 'wx', 0o444);
  try {
    writeWholeSync(file, buffer.subarray(0, size));
  } catch (cause) {
    unlinkIfThere(path);
    throw cause;
  } finally {
    closeSync(file);
  }
  return path;
}

/** Half of the shortest time after which anything is freed (`data gc`). */
const TOUCHED_MS = 43_200_000;

/** Whether the store has content of this name and length; who reads it hashes it. */
export function holds({ root }: Pick<TreeStore, 'root'>, digest: string, size: number): boolean {
  const path = blobPath(root, digest);
  const stored = statSync(path, { throwIfNoEntry: false });
  if (stored?.size !== size) return false;
  // Needed again: whoever frees what nothing has needed for a day must see it.
  if (stored.mtimeMs < Date.now() - TOUCHED_MS) utimesSync(path, new Date(), new Date());
  return true;
}

function unlinkIfThere(path: string | undefined): void {
  if (path === undefined) return;
  try {
    unlinkSync(path);
  } catch {
    // never made, or swept by another process
  }
}

/** A write may take less than it was given, on a disk that fills up for one. */
export function writeWholeSync(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; )
    done += writeSync(file, bytes, done, bytes.length - done);
}
