// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { PipelineError } from '../errors.ts';
import { readTreeManifest, type TreeEntry } from './tree-manifest.ts';

/** As `parallel` reads and writes gain nothing beyond on one disk. */
const AT_ONCE = 8;

/**
 * Lays a data version out below a directory that does not exist yet, every byte verified. Files first and links last, so
 * that no file is written through a link; a link that leads out is refused whatever the manifest says.
 * @throws PipelineError `blob_missing`, `blob_corrupt`, `data_version_invalid`; nothing is left at `directory` then
 */
export async function layOutTree(
  blobs: Pick<BlobStore, 'open' | 'copyTo'>,
  digest: string,
  directory: string,
): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    const links: Extract<TreeEntry, { link: string }>[] = [];
    const writing = new Set<Promise<void>>();
    for await (const entry of readTreeManifest(blobs, digest)) {
      if ('link' in entry) links.push(entry);
      else await among(writing, () => layOutFile(blobs, entry, directory));
    }
    await Promise.all(writing);
    for (const { path, link } of links) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await symlink(link, join(directory, path));
    }
    for (const { path } of links) await refuseOutside(digest, directory, path);
  } catch (cause) {
    await rm(directory, { recursive: true, force: true });
    throw cause;
  }
}

/** Starts a task as soon as fewer than `AT_ONCE` are under way; the first failure of one is thrown. */
async function among(tasks: Set<Promise<void>>, start: () => Promise<void>): Promise<void> {
  while (tasks.size >= AT_ONCE) await Promise.race(tasks);
  const task = start().then(() => {
    tasks.delete(task);
  });
  // Whoever waits for the set is told; until then nobody does.
  task.catch(() => {});
  tasks.add(task);
}

async function layOutFile(
  blobs: Pick<BlobStore, 'copyTo'>,
  { path, digest, executable }: Extract<TreeEntry, { digest: string }>,
  directory: string,
): Promise<void> {
  const at = join(directory, path);
  await blobs.copyTo(digest, at);
  if (executable) await chmod(at, 0o755);
}

async function refuseOutside(digest: string, directory: string, path: string): Promise<void> {
  const top = await realpath(directory);
  const end = await realpath(join(directory, path)).catch(() => undefined); // a loop, or nothing there
  if (end !== undefined && (end === top || end.startsWith(`${top}/`))) return;
  const message = `the link \`${path}\` of data version ${digest} leads out of it or nowhere; add the data again`;
  throw new PipelineError('data_version_invalid', message, { details: { digest, path } });
}
