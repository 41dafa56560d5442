// SPDX-License-Identifier: Apache-2.0
import { lineOfCsvRow } from '../csv/line-of-csv-row.ts';
import { PipelineError } from '../errors.ts';
import { badRow, namesProblem, readColumnNames } from './column-names.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName, quoteText, ROW_NUMBER } from './sql-text.ts';

export interface LoadedTable {
  readonly format: 'csv' | 'parquet';
  readonly columns: readonly string[];
  readonly delimiter: string;
}

export interface CsvReading {
  /** An empty field in quotes is the empty text and not a missing value. */
  readonly emptyIsText?: boolean;
}

/** The line on which a row (from 1) of the file at `path` begins; null for Parquet, which has none. */
export async function lineOfRow(
  { format, columns, delimiter }: LoadedTable,
  path: string,
  row: number,
): Promise<number | null> {
  if (format === 'parquet') return null;
  return lineOfCsvRow({ path, delimiter, columns: columns.length }, row);
}

/**
 * Loads a file into the table `raw`: every column as text, rows numbered as read. Throws PipelineError `csv_bad_row`
 * with file and line, or `snapshot_unreadable`.
 */
export async function loadTable(
  database: SnapshotDatabase,
  path: string,
  name: string,
  options: CsvReading = {},
): Promise<LoadedTable> {
  if (/\.parquet$/i.test(name)) return loadParquet(database, path, name);
  if (/\.(csv|tsv)$/i.test(name)) return loadCsv(database, { path, name }, options);
  throw new PipelineError(
    'snapshot_unreadable',
    `\`${name}\` is neither \`.csv\`, \`.tsv\` nor \`.parquet\`; write one of those`,
  );
}

async function loadCsv(
  database: SnapshotDatabase,
  { path, name }: { readonly path: string; readonly name: string },
  { emptyIsText = false }: CsvReading,
): Promise<LoadedTable> {
  const delimiter = /\.tsv$/i.test(name) ? '\t' : ',';
  const columns = await readColumnNames(path, name, delimiter);
  const types = columns.map((column) => `${quoteText(column)}: 'VARCHAR'`).join(', ');
  const options = [
    'auto_detect = false',
    'header = true',
    'skip = 0',
    `delim = ${quoteText(delimiter)}`,
    `quote = '"'`,
    `escape = '"'`,
    "nullstr = ''",
    `allow_quoted_nulls = ${!emptyIsText}`,
    'strict_mode = true',
    'null_padding = false',
    'store_rejects = true',
    'rejects_limit = 100',
    `columns = {${types}}`,
  ].join(', ');
  const source = `read_csv(${quoteText(path)}, ${options})`;
  try {
    await database.run(
      `CREATE TABLE raw AS SELECT row_number() OVER () AS ${ROW_NUMBER}, * FROM ${source}`,
    );
  } catch (cause) {
    throw csvError(name, cause);
  }
  await refuseRejects(database, name);
  await refuseNoRows(database, name);
  return { format: 'csv', columns, delimiter };
}

async function refuseRejects(database: SnapshotDatabase, name: string): Promise<void> {
  const [first] = await database.rows(
    'SELECT line AS line, error_type, error_message FROM reject_errors ORDER BY line LIMIT 1',
  );
  if (first !== undefined)
    throw badRow(name, Number(first.line), describeReject(String(first.error_message)));
}

function describeReject(message: string): string {
  const first = message.split('\n')[0] ?? message;
  return `the row cannot be read: ${first.charAt(0).toLowerCase()}${first.slice(1)}`;
}

function csvError(name: string, cause: unknown): PipelineError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const line = /on Line:\s*(\d+)/i.exec(text)?.[1];
  if (line !== undefined)
    return badRow(name, Number(line), describeReject(text.slice(text.indexOf('\n') + 1)));
  return new PipelineError(
    'snapshot_unreadable',
    `\`${name}\` cannot be read as CSV: ${text.slice(0, 300)}`,
    { cause },
  );
}

/** Types that are no single value of a table; and bytes, which are text only by a guess. */
const NO_VALUE = /^(?:STRUCT|MAP|UNION|BLOB|BIT|VARIANT|GEOMETRY)|\]$/;

async function loadParquet(
  database: SnapshotDatabase,
  path: string,
  name: string,
): Promise<LoadedTable> {
  const source = `read_parquet(${quoteText(path)})`;
  try {
    const described = await database.rows(`DESCRIBE SELECT * FROM ${source}`);
    await refuseShape(database, { path, name }, described);
    const columns = described.map((row) => String(row.column_name));
    const texts = columns.map(
      (column) => `CAST(${quoteName(column)} AS VARCHAR) AS ${quoteName(column)}`,
    );
    await database.run(
      `CREATE TABLE raw AS SELECT row_number() OVER () AS ${ROW_NUMBER}, ${texts.join(', ')} FROM ${source}`,
    );
    await refuseNoRows(database, name);
    return { format: 'parquet', columns, delimiter: ',' };
  } catch (cause) {
    if (cause instanceof PipelineError) throw cause;
    const said = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
    // The engine names the copy that it read; the reader knows the file by its own name.
    const text = said.replaceAll(path, name).slice(0, 300);
    throw unreadable(name, `cannot be read as Parquet, it may be cut short: ${text}`, cause);
  }
}

/** The engine would rename a repeated column, and write a nested value as some text of its own. */
async function refuseShape(
  database: SnapshotDatabase,
  { path, name }: { readonly path: string; readonly name: string },
  described: readonly Record<string, unknown>[],
): Promise<void> {
  for (const { column_name: column, column_type: type } of described) {
    if (!NO_VALUE.test(String(type))) continue;
    const advice = String(type) === 'BLOB' ? 'write it as text' : 'write one column for each value';
    throw unreadable(name, `has a column \`${column}\` of type ${type}; ${advice}`);
  }
  const named = await database.rows(
    `SELECT name FROM parquet_schema(${quoteText(path)}) OFFSET 1`, // the first entry is the root
  );
  const problem = namesProblem(named.map((row) => String(row.name)));
  if (problem !== undefined) throw unreadable(name, problem);
}

async function refuseNoRows(database: SnapshotDatabase, name: string): Promise<void> {
  const rows = await database.rows('SELECT 1 FROM raw LIMIT 1');
  if (rows.length === 0)
    throw unreadable(name, 'names columns and has no rows; look at what wrote it');
}

function unreadable(name: string, why: string, cause?: unknown): PipelineError {
  return new PipelineError('snapshot_unreadable', `\`${name}\` ${why}`, {
    details: { file: name },
    cause,
  });
}
