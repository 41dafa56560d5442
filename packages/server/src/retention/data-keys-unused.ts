// SPDX-License-Identifier: Apache-2.0
import { sealedKeyIds } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { openDataKeys } from '../store/index.ts';
import { blobRoot } from './stored-things.ts';

/**
 * Data keys under which nothing lies here any more and nothing will: a sweep took the last content away. Only backups hold
 * bytes that they still open. None while a sealed file is damaged, of which nobody knows its key.
 */
export async function unusedDataKeys({
  dataDir,
  now,
}: Pick<ServerContext, 'dataDir' | 'now'>): Promise<readonly string[]> {
  const closed = await openDataKeys(dataDir, () => new Date(now())).closed();
  if (closed.length === 0) return [];
  const used = await sealedKeyIds(blobRoot({ dataDir }));
  return used === undefined ? [] : closed.filter((id) => !used.has(id));
}

/** Once a disposal record says so; again after a crash it finds nothing to do. */
export async function destroyDataKeys(
  { dataDir }: Pick<ServerContext, 'dataDir'>,
  ids: readonly string[],
): Promise<void> {
  const keys = openDataKeys(dataDir);
  for (const id of ids) await keys.destroy(id);
}
