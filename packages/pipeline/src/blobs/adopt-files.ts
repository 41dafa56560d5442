// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { blobPath, syncDirectory } from './blob-files.ts';

/** A closed file of the store's own file system, of which every byte was hashed to be this digest. */
export interface HashedFile {
  readonly path: string;
  readonly digest: string;
}

/** From here on one call for the whole file system costs less than one for each file. */
const MANY = 16;

/**
 * Names many files at once, with the promise of one: a name appears only when its content survives a power cut, and all
 * names do when this returns. A crash in between leaves some of the names and the rest where they were staged.
 */
export async function adoptFiles(root: string, files: readonly HashedFile[]): Promise<void> {
  const [first] = files;
  if (first === undefined) return;
  const isMany = files.length >= MANY;
  // Side by side: the file system then writes its own journal once for several.
  if (!(isMany && (await syncFileSystem(dirname(first.path))))) await syncFiles(files);
  const directories = new Set<string>();
  for (const { path, digest } of files) {
    const target = blobPath(root, digest);
    const directory = dirname(target);
    if (!directories.has(directory)) await mkdir(directory, { recursive: true });
    directories.add(directory);
    await rename(path, target);
  }
  if (isMany && (await syncFileSystem(root))) return;
  const parents = new Set([...directories].map(dirname));
  await Promise.all([...directories, ...parents, root].map(syncDirectory));
}

/** syncfs(2), for which Node has no call; false where there is no such command. */
async function syncFileSystem(path: string): Promise<boolean> {
  try {
    await promisify(execFile)('sync', ['-f', path], { timeout: SYNC_MS_MAX });
    return true;
  } catch {
    return false;
  }
}

async function syncFiles(files: readonly HashedFile[]): Promise<void> {
  for (let from = 0; from < files.length; from += MANY) {
    await Promise.all(files.slice(from, from + MANY).map(({ path }) => syncFile(path)));
  }
}

/** A gigabyte at 2 MB/s; after that each file is waited for by itself. */
const SYNC_MS_MAX = 500_000;

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
