// SPDX-License-Identifier: Apache-2.0
import { dirname } from 'node:path';
import { openDatabase, type SnapshotDatabase } from '../snapshot/open-database.ts';
import { quoteText } from '../snapshot/sql-text.ts';
import { partProblem, type TablePart } from './table-part.ts';

/**
 * Rows of Parquet files one after the other in one new file. Throws PipelineError `snapshot_unreadable` for a part
 * that is cut off or has other columns or types than the first.
 */
export async function joinParquetParts(
  parts: readonly TablePart[],
  whole: { readonly path: string; readonly name: string; readonly directory: string },
): Promise<void> {
  const [first] = parts;
  if (first === undefined) return;
  const database = await openDatabase([whole.directory, dirname(first.path)]);
  try {
    const expected = await describe(database, first, whole.name);
    for (const part of parts) {
      if ((await describe(database, part, whole.name)) === expected) continue;
      throw partProblem(
        whole.name,
        part.record.name,
        `has other columns or types than \`${first.record.name}\``,
      );
    }
    const files = parts.map(({ path }) => quoteText(path)).join(', ');
    await database.run(
      `COPY (SELECT * FROM read_parquet([${files}])) TO ${quoteText(whole.path)} (FORMAT parquet)`,
    );
  } finally {
    database.close();
  }
}

async function describe(
  database: SnapshotDatabase,
  { path, record }: TablePart,
  name: string,
): Promise<string> {
  try {
    const rows = await database.rows(`DESCRIBE SELECT * FROM read_parquet(${quoteText(path)})`);
    return JSON.stringify(rows.map((row) => [row.column_name, row.column_type]));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message.replaceAll(path, record.name) : '';
    throw partProblem(name, record.name, `cannot be read as Parquet: ${text.slice(0, 300)}`);
  }
}
