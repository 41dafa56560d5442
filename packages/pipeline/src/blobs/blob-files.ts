// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PipelineError } from '../errors.ts';

/** One read of a stream: large enough that hashing, not system calls, is the cost. */
export const CHUNK_BYTES = 1024 * 1024;

/** Files that are being written and have no name yet: nothing reads them. */
export const STAGING = 'staging';

/** `root/sha256/ab/<64 hex digits>`. @throws PipelineError `blob_name_invalid` */
export function blobPath(root: string, digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest)) {
    throw new PipelineError(
      'blob_name_invalid',
      `blob name \`${digest}\` is not a SHA-256 in lower-case hex`,
      { details: { digest } },
    );
  }
  return join(root, 'sha256', digest.slice(0, 2), digest);
}

/**
 * Writes to a temporary file of the same file system and syncs it. A crash here leaves a file under
 * `root/staging`, which nothing reads and which may be deleted whenever no writer is running.
 */
export async function stage(
  root: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<string> {
  const directory = join(root, STAGING);
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
export async function publish(staged: string, target: string): Promise<void> {
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
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if (isMissing(cause)) {
      return undefined;
    }
    throw cause;
  }
}

export function missing(digest: string, cause: unknown): unknown {
  if (!isMissing(cause)) {
    return cause;
  }
  return new PipelineError(
    'blob_missing',
    `blob \`${digest}\` is not in the store; restore it from a backup or run again what made it`,
    { details: { digest }, cause },
  );
}

export function corrupt(digest: string): PipelineError {
  return new PipelineError(
    'blob_corrupt',
    `blob \`${digest}\` does not hold the bytes of its name; delete the file and restore it from a backup`,
    { details: { digest } },
  );
}

export function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
