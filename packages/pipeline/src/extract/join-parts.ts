// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { Extracted } from './extracted.ts';
import { joinCsvParts } from './join-csv-parts.ts';
import { joinParquetParts } from './join-parquet-parts.ts';
import type { TablePart } from './table-part.ts';

/**
 * Puts the parts of a table together into one file, in the order given. Every part must have the columns of the first,
 * in the same order. Throws PipelineError `snapshot_unreadable` naming the part.
 */
export async function joinParts(table: {
  readonly name: string;
  readonly parts: readonly TablePart[];
  readonly extension: string;
  readonly directory: string;
}): Promise<Pick<Extracted, 'path' | 'file' | 'placeOfLine'>> {
  const { name, parts, extension, directory } = table;
  const path = join(directory, `whole${extension}`);
  const file = `${name}*${extension}`;
  if (extension === '.parquet') {
    await joinParquetParts(parts, { path, name, directory });
    return { path, file };
  }
  const placeOfLine = await joinCsvParts(parts, { path, name });
  return { path, file, placeOfLine };
}
