// SPDX-License-Identifier: Apache-2.0
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { dataset as datasetSection } from '../file/data-section.ts';
import { typeColumns } from './columns.ts';
import type { ColumnType } from './dataset-snapshot.ts';
import { loadTable } from './load-table.ts';
import { areLarge, openDatabase, type SnapshotDatabase } from './open-database.ts';

export interface TableFile {
  /** Where the bytes lie. */
  readonly path: string;
  /** What messages call it, with the ending that tells its format: `.csv`, `.tsv`, `.parquet`. */
  readonly name: string;
}

export interface OpenedTable {
  /** The relation in SQL. */
  readonly relation: string;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
}

export interface OpenedTables {
  readonly database: SnapshotDatabase;
  /** In the order of the files. */
  readonly tables: readonly OpenedTable[];
}

/**
 * Loads files beside one another into one engine of bounded memory that spills into `workDir`, typed as a snapshot types
 * them. The caller closes the database. Throws PipelineError `csv_bad_row` or `snapshot_unreadable`.
 */
export async function openTables(
  files: readonly TableFile[],
  workDir: string,
): Promise<OpenedTables> {
  await mkdir(workDir, { recursive: true });
  const paths = files.map(({ path }) => path);
  const database = await openDatabase([workDir, ...paths.map((path) => dirname(path))], {
    onDisk: await areLarge(paths),
  });
  try {
    const tables: OpenedTable[] = [];
    for (const [index, file] of files.entries())
      tables.push(await openTable(database, file, `table_${index}`));
    return { database, tables };
  } catch (error) {
    database.close();
    throw error;
  }
}

async function openTable(
  database: SnapshotDatabase,
  { path, name }: TableFile,
  relation: string,
): Promise<OpenedTable> {
  const loaded = await loadTable(database, path, name);
  const dataset = datasetSection.parse({ from: { path: 'table' } });
  const place = { path, name, locate: () => name };
  const columns = await typeColumns(database, loaded, { dataset, place });
  await database.run(`DROP TABLE raw; ALTER TABLE t RENAME TO ${relation}`);
  const [row] = await database.rows(`SELECT count(*) AS n FROM ${relation}`);
  return {
    relation,
    rows: Number(row?.n),
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
  };
}
