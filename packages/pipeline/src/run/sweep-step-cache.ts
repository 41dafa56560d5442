// SPDX-License-Identifier: Apache-2.0
import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { deleteStoredBlob, listStoredBlobs } from '../blobs/stored-blobs.ts';
import { blobsOfEntry, openStepCache } from './cache-steps.ts';

const DAY_MS = 24 * 3600 * 1000;
/** What a step made may hold personal data: a copy that nobody has used for this long is not kept beside the archive. */
const KEPT_MS = 14 * DAY_MS;

/**
 * Once a day, drops results that no run has taken for 14 days, and their bytes. Runs that go on meanwhile are not harmed:
 * bytes younger than a day stay, and a result whose bytes are gone is a miss.
 * @param own the store below the cache directory; undefined when results lie in a store that is kept for another reason
 */
export async function sweepStepCache(
  directory: string,
  own: { readonly root: string; readonly blobs: BlobStore } | undefined,
  now: Date,
): Promise<void> {
  const marker = join(directory, own === undefined ? 'swept' : 'swept-blobs');
  const swept = await stat(marker).catch(() => undefined); // never yet
  if (swept !== undefined && now.getTime() - swept.mtimeMs < DAY_MS) return;
  const kept = await dropOld(join(directory, 'results'), now);
  await dropOld(join(directory, 'last'), now);
  await dropOld(join(directory, 'memory'), now);
  if (own !== undefined) await dropUnnamed(directory, own, { kept, now });
  await writeFile(marker, '');
  await utimes(marker, now, now);
}

/** Names of the files that stay. */
async function dropOld(directory: string, now: Date): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    () => [],
  ); // none yet
  const kept: string[] = [];
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const facts = await stat(path).catch(() => undefined); // another run drops it
    if (facts === undefined) continue;
    if (now.getTime() - facts.mtimeMs > KEPT_MS) await rm(path, { force: true });
    else kept.push(entry.name);
  }
  return kept;
}

async function dropUnnamed(
  directory: string,
  own: { readonly root: string; readonly blobs: BlobStore },
  { kept, now }: { readonly kept: readonly string[]; readonly now: Date },
): Promise<void> {
  const cache = openStepCache(directory, own.blobs);
  const named = new Set<string>();
  for (const name of kept) {
    const entry = await cache.peek(name.replace(/\.json$/, ''));
    for (const { digest } of entry === undefined ? [] : blobsOfEntry(entry)) named.add(digest);
  }
  for await (const { digest, storedAt } of listStoredBlobs(own.root)) {
    const age = now.getTime() - Date.parse(storedAt);
    if (!named.has(digest) && age > DAY_MS) await deleteStoredBlob(own.root, digest);
  }
}
