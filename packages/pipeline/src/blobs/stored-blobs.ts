// SPDX-License-Identifier: Apache-2.0
import type { Dirent, Stats } from 'node:fs';
import { open, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { blobPath } from './blob-files.ts';
import { sealedPath } from './sealed-file.ts';

export interface StoredBlob {
  readonly digest: string;
  readonly size: number;
  /** When its bytes were last written, or named by somebody who was about to record them. */
  readonly storedAt: string;
}

const NAME = /^[0-9a-f]{64}(?:\.sealed)?$/;

/**
 * Every blob of a file store, in the order of its digests, sealed ones with the length of their file; what is still being
 * staged is not among them.
 */
export async function* listStoredBlobs(root: string): AsyncGenerator<StoredBlob> {
  for (const folder of await entriesOf(join(root, 'sha256'))) {
    if (!folder.isDirectory()) continue;
    const entries = await entriesOf(join(root, 'sha256', folder.name));
    const names = entries.flatMap(({ name }) => (NAME.test(name) ? [name.slice(0, 64)] : []));
    for (const name of new Set(names)) {
      const stored = await storedBlob(root, name);
      if (stored !== undefined) yield stored;
    }
  }
}

/** What stands under a digest, unread; undefined for nothing. @throws PipelineError `blob_name_invalid` */
export async function storedBlob(root: string, digest: string): Promise<StoredBlob | undefined> {
  const plain = await statIfThere(blobPath(root, digest));
  const found = plain ?? (await statIfThere(sealedPath(root, digest)));
  if (found === undefined) return undefined;
  return { digest, size: found.size, storedAt: found.mtime.toISOString() };
}

async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
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
  const wasThere = [await unlinkIfThere(path), await unlinkIfThere(sealedPath(root, digest))];
  if (!wasThere.includes(true)) return false;
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
  return true;
}

async function unlinkIfThere(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw cause;
  }
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
