// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import { type ColumnType, identifier, literal, SQL_TYPES } from './column-type.ts';
import { type Relation, resolveColumns, type Schema } from './schema.ts';
import type { Table } from './table.ts';

// Stored types that convert to a declared one without changing any value.
const ACCEPTED: Readonly<Record<ColumnType, RegExp>> = {
  integer: /^(U?TINYINT|U?SMALLINT|U?INTEGER|BIGINT)$/,
  number: /^(U?TINYINT|U?SMALLINT|U?INTEGER|FLOAT|DOUBLE)$/,
  text: /^VARCHAR$/,
  boolean: /^BOOLEAN$/,
  date: /^DATE$/,
  timestamp: /^TIMESTAMP/,
};

/** Reads a Parquet file as a relation in file order; throws `table_unreadable`, `column_type` or `value_invalid`. */
export async function readParquet(table: Table, path: string, schema: Schema): Promise<Relation> {
  const source = `read_parquet(${literal(path)}, file_row_number=true)`;
  const stored = await storedTypes(table, source, path);
  const columns = resolveColumns([...stored.keys()], schema);
  for (const [name, type] of columns) {
    if (ACCEPTED[type].test(stored.get(name)!)) continue;
    throw new AnalysisError(
      'column_type',
      `column \`${name}\` is stored as \`${stored.get(name)}\`, declared \`${type}\`; convert it before`,
      { details: { column: name } },
    );
  }
  await refuseNonFinite(table, { source, path, columns });
  const items = [...columns].map(
    ([name, type]) => `CAST(${identifier(name)} AS ${SQL_TYPES[type]}) AS ${identifier(name)}`,
  );
  return { select: `SELECT ${items.join(', ')} FROM ${source} ORDER BY file_row_number`, columns };
}

/** Names and stored types of a Parquet file's columns. Throws `table_unreadable`. */
export function storedColumns(table: Table, path: string): Promise<Map<string, string>> {
  return storedTypes(table, `read_parquet(${literal(path)}, file_row_number=true)`, path);
}

async function storedTypes(
  table: Table,
  source: string,
  path: string,
): Promise<Map<string, string>> {
  try {
    const [names, types] = await table.select(
      `SELECT column_name, column_type FROM (DESCRIBE SELECT * EXCLUDE (file_row_number) FROM ${source})`,
    );
    return new Map(names!.map((name, index) => [String(name), String(types![index])]));
  } catch (cause) {
    throw new AnalysisError(
      'table_unreadable',
      `\`${path}\` is not a Parquet file; check what wrote it`,
      {
        details: { file: path },
        cause,
      },
    );
  }
}

interface ParquetSource {
  readonly source: string;
  readonly path: string;
  readonly columns: ReadonlyMap<string, ColumnType>;
}

async function refuseNonFinite(table: Table, parquet: ParquetSource): Promise<void> {
  for (const [name, type] of parquet.columns) {
    if (type !== 'number') continue;
    const [rows] = await table.select(
      `SELECT min(file_row_number) FROM ${parquet.source} WHERE NOT isfinite(${identifier(name)}::DOUBLE)`,
    );
    const row = rows![0];
    if (row === null || row === undefined) continue;
    throw new AnalysisError(
      'value_invalid',
      `row ${Number(row) + 1} of \`${parquet.path}\`, column \`${name}\` is not finite; write a missing value as null`,
      { details: { file: parquet.path, row: Number(row) + 1, column: name } },
    );
  }
}
