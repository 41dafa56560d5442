// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { isFull } from '../blobs/upload.ts';
import { sweepStaging } from '../blobs/upload-files.ts';
import { PipelineError } from '../errors.ts';
import { cacheReader, foldJournal, replaceCache } from './tree-cache.ts';
import { refuseChanged } from './tree-changes.ts';
import { type TreeProgress, takeEntries } from './tree-entries.ts';
import type { TreeTotals } from './tree-manifest.ts';
import { startTreeThreads } from './tree-threads.ts';

export interface TreeRequest {
  /** A directory with everything below it, or one file. */
  readonly path: string;
  readonly blobs: BlobStore;
  /** What was read before, so that it need not be read again: see `foldJournal`. One for each tree and store. */
  readonly cacheFile: string;
  /** Reads every byte, whatever the cache says. */
  readonly isRehashed?: boolean;
  /** Threads that read; as many as there are cores by default. */
  readonly threadsMax?: number;
  readonly now: () => Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: TreeProgress) => void;
}

/** A data version: every file of a tree in the blob store, and the manifest that names them. */
export interface TreeVersion extends TreeTotals {
  /** SHA-256 of the manifest (see `MANIFEST_HEADER`): equal for equal trees, wherever they lie. */
  readonly digest: string;
  /** Of the manifest, in bytes. */
  readonly size: number;
  /** What was read for it; the rest was known from an earlier reading. */
  readonly read: { readonly files: number; readonly bytes: number };
  /** Of that, what the store did not hold. */
  readonly stored: { readonly files: number; readonly bytes: number };
}

/**
 * Keeps a tree. A file is read when size, times, inode and device are not those of its last reading, when that reading
 * was too soon after its last change to show another one, or when the store no longer holds its content.
 *
 * The version exists when the manifest is in the store, which is last: whatever ends this before leaves contents that
 * nothing names, and the next call goes on from there. Memory does not grow with the number of files, but for the names
 * within one directory (about 150 bytes each).
 * @throws PipelineError `data_changing` when a file or the tree changes meanwhile, `data_entry_refused`, `file_missing`,
 * `storage_full`
 */
export async function snapshotTree(request: TreeRequest): Promise<TreeVersion> {
  const { blobs, cacheFile, threadsMax = availableParallelism() } = request;
  const { root, staging } = blobs.place;
  const mark = randomUUID();
  const manifest = join(staging, `${mark}.manifest`);
  const seen = `${cacheFile}.${mark}`;
  await mkdir(dirname(cacheFile), { recursive: true });
  await mkdir(staging, { recursive: true });
  await sweepStaging(root, request.now().getTime());
  const threads = startTreeThreads({ root, staging, mark }, threadsMax);
  try {
    foldJournal(cacheFile);
    const cache = request.isRehashed === true ? undefined : cacheReader(cacheFile);
    const taken = await takeEntries({ ...request, threads, threadsMax, cache, manifest, seen });
    if (taken.totals.files + taken.totals.links === 0) throw empty(request.path);
    // What was read takes time, and what came first may have been written to since; what was not read took none.
    if (taken.read.files > 0) refuseChanged(request.path, seen);
    const { size } = await blobs.adopt(manifest, taken.digest);
    replaceCache(cacheFile, seen);
    const { digest, totals, read, stored } = taken;
    return { digest, size, ...totals, read, stored };
  } catch (cause) {
    throw isFull(cause) ? full(root, cause) : cause;
  } finally {
    await threads.close();
    await rm(seen, { force: true });
    await removeStaged(staging, mark);
  }
}

async function removeStaged(staging: string, mark: string): Promise<void> {
  for (const name of await readdir(staging)) {
    if (name.startsWith(mark)) await rm(join(staging, name), { force: true });
  }
}

function empty(path: string): PipelineError {
  const message = `\`${path}\` holds no file; name the directory that the data is in`;
  return new PipelineError('data_entry_refused', message, { details: { path } });
}

function full(root: string, cause: unknown): PipelineError {
  const message = `the disk of \`${root}\` has no room for the data; make room and try again: what is stored already is not read a second time`;
  return new PipelineError('storage_full', message, { details: { root }, cause });
}
