// SPDX-License-Identifier: Apache-2.0
import { realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { LocalTable } from '@countersign/pipeline';
import { refused } from './run-request.ts';

/**
 * Refuses tables that lie where the platform keeps its own: whoever can store bytes could otherwise lay out a catalog of
 * them and have the archive read as rows, sealed splits included. A table of Iceberg is shown to its reader from the
 * directory above its metadata, so what lies above the data directory is refused like what lies in it.
 * @throws ServerError `job_request_refused`
 */
export async function refuseOwnTables(
  dataDir: string,
  tables: readonly LocalTable[],
): Promise<void> {
  if (tables.length === 0) return;
  const own = await realpath(dataDir);
  for (const { dataset, path } of tables) {
    const shown = await shownDirectory(path);
    if (!isWithin(shown, own) && !isWithin(own, shown)) continue;
    throw refused(
      `\`${dataset}\` would be read from \`${path}\`, where the platform keeps its own data; a table must lie elsewhere`,
    );
  }
}

/** The largest directory that a reader of the table may be shown; of a path that does not exist, the part that does. */
async function shownDirectory(path: string): Promise<string> {
  const directory = path.endsWith('.metadata.json') ? dirname(dirname(path)) : path;
  const found = await realpath(directory).catch(() => undefined); // the run says that it is missing
  if (found !== undefined || directory === dirname(directory)) return found ?? directory;
  return join(await shownDirectory(dirname(directory)), 'x');
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}${sep}`) || directory === sep;
}
