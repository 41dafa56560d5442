// SPDX-License-Identifier: Apache-2.0
import type { Dirent } from 'node:fs';
import { open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blobPath } from './blob-files.ts';

export interface StoredBlob {
  readonly digest: string;
  readonly size: number;
  /** When its bytes were last written, or named by somebody who was about to record them. */
  readonly storedAt: string;
}

const NAME = /^[0-9a-f]{64}$/;

/** Every blob of a file store, in the order of its digests; what is still being staged is not among them. */
export async function* listStoredBlobs(root: string): AsyncGenerator<StoredBlob> {
  for (const folder of await entriesOf(join(root, 'sha256'))) {
    if (!folder.isDirectory()) continue;
    for (const { name } of await entriesOf(join(root, 'sha256', folder.name))) {
      const stored = NAME.test(name) ? await storedBlob(root, name) : undefined;
      if (stored !== undefined) yield stored;
    }
  }
}

/** What stands under a digest, unread; undefined for nothing. @throws PipelineError `blob_name_invalid` */
export async function storedBlob(root: string, digest: string): Promise<StoredBlob | undefined> {
  try {
    const { size, mtime } = await stat(blobPath(root, digest));
    return { digest, size, storedAt: mtime.toISOString() };
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause;
  }
}

/**
 * Deletes a blob; false when it was gone already. Durable when it returns: after a power cut the bytes do not come back.
 * @throws PipelineError `blob_name_invalid`
 */
export async function deleteStoredBlob(root: string, digest: string): Promise<boolean> {
  const path = blobPath(root, digest);
  try {
    await unlink(path);
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
  return true;
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw cause;
  }
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}
