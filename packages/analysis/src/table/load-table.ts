// SPDX-License-Identifier: Apache-2.0
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnalysisError } from '../errors.ts';
import type { ColumnTypes } from './column-type.ts';
import { readCsv } from './csv-rows.ts';
import { readParquet } from './parquet-rows.ts';
import type { Relation } from './schema.ts';
import { type EngineOptions, Table } from './table.ts';

/** Where rows come from: a file, or bytes already in memory. */
export type TableSource = { readonly format: 'csv' | 'parquet' } & (
  | { readonly path: string }
  | { readonly bytes: Uint8Array }
);

export interface LoadOptions extends EngineOptions {
  /**
   * `refuse` (default): a column that the schema does not declare is an error. `ignore`: it is not read. `text`: it is read as
   * text, which only a CSV file lets every column be.
   */
  readonly otherColumns?: 'refuse' | 'ignore' | 'text';
}

/**
 * Loads rows with a declared schema, in file order. Missing cells are null; NaN and infinities are refused. Throws
 * AnalysisError `file_missing`, `table_unreadable`, `row_malformed` (with line), `value_invalid` (line, column),
 * `column_missing`, `column_unknown`, `column_type`.
 */
export async function loadTable(
  source: TableSource,
  columns: ColumnTypes,
  options: LoadOptions = {},
): Promise<Table> {
  const table = await Table.create(options);
  try {
    const schema = { columns, others: options.otherColumns ?? 'refuse' };
    await withRelation(table, source, schema, (relation) => table.fill(relation));
    return table;
  } catch (error) {
    table.close();
    throw error;
  }
}

/** Reads `source` with the table's engine and hands the rows to `use` while the file is there. */
export async function withRelation(
  table: Table,
  source: TableSource,
  schema: { readonly columns: ColumnTypes; readonly others: 'refuse' | 'ignore' | 'text' },
  use: (relation: Relation) => Promise<void>,
): Promise<void> {
  const declared = { columns: new Map(Object.entries(schema.columns)), others: schema.others };
  const read = source.format === 'csv' ? readCsv : readParquet;
  await withFile(source, async (path) => use(await read(table, path, declared)));
}

async function withFile(source: TableSource, use: (path: string) => Promise<void>): Promise<void> {
  if ('path' in source) {
    await refuseMissing(source.path);
    await use(source.path);
    return;
  }
  // DuckDB reads files only; the copy lives as long as the read.
  const folder = await mkdtemp(join(tmpdir(), 'countersign-table-'));
  try {
    const path = join(folder, `rows.${source.format}`);
    await writeFile(path, source.bytes, { mode: 0o600 });
    await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function refuseMissing(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw new AnalysisError('file_missing', `\`${path}\` cannot be read; check the path`, {
      details: { file: path },
      cause,
    });
  }
}
