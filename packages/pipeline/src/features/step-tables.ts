// SPDX-License-Identifier: Apache-2.0
import { readCsvHeader } from '../csv/read-csv-header.ts';
import { PipelineError } from '../errors.ts';
import type { ColumnType } from '../snapshot/dataset-snapshot.ts';
import type { SnapshotDatabase } from '../snapshot/open-database.ts';
import { quoteName, quoteText } from '../snapshot/sql-text.ts';

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly missing: number;
  readonly distinct: number;
}

/** A table file as a view of texts; an empty field, NULL and a NaN are missing alike. */
export interface StepTable {
  /** Name of the view. */
  readonly view: string;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

const COLUMNS_MAX = 5000;
const COLUMNS_AT_ONCE = 100;

/** Texts that are a value of the type; an integer must be written back the same, so `007` stays text. */
const NUMBER = '[-+]?((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?';
const BOOLEAN = '(?i)true|false';
const DATE = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const TIMESTAMP = '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*';

export function isTableFile(name: string): boolean {
  return /\.(csv|tsv|parquet)$/i.test(name);
}

/**
 * Lays a CSV, TSV or Parquet file out as a Parquet file of texts and a view on it, so that whatever is asked of one column
 * reads that column alone and memory stays bounded. Throws PipelineError or DuckDB's error for what is no such table.
 */
export async function openStepTable(
  database: SnapshotDatabase,
  file: { readonly path: string; readonly name: string; readonly view: string },
): Promise<StepTable> {
  const isParquet = /\.parquet$/i.test(file.name);
  const columns = isParquet ? await parquetColumns(database, file.path) : await csvColumns(file);
  const source = isParquet ? `read_parquet(${quoteText(file.path)})` : csvSource(file, columns);
  const copy = `${file.path}.${file.view}.texts`;
  const items = columns.map(({ name, isFloat }) => {
    const text = `CAST(${quoteName(name)} AS VARCHAR)`;
    const value = isFloat ? `CASE WHEN isnan(${quoteName(name)}) THEN NULL ELSE ${text} END` : text;
    return `${value} AS ${quoteName(name)}`;
  });
  await database.run(
    `COPY (SELECT ${items.join(', ')} FROM ${source}) TO ${quoteText(copy)} (FORMAT parquet)`,
  );
  await database.run(`CREATE VIEW ${file.view} AS SELECT * FROM read_parquet(${quoteText(copy)})`);
  const [counted] = await database.rows(`SELECT count(*)::DOUBLE AS n FROM ${file.view}`);
  return {
    view: file.view,
    rows: Number(counted?.n),
    columns: await describeColumns(database, file.view, columns),
  };
}

interface ReadColumn {
  readonly name: string;
  /** As Parquet types it; undefined where the text alone can tell. */
  readonly type: ColumnType | undefined;
  readonly isFloat: boolean;
}

async function csvColumns(file: {
  readonly path: string;
  readonly name: string;
}): Promise<readonly ReadColumn[]> {
  const header = (await readCsvHeader(file.path, delimiterOf(file.name))) ?? [];
  // pandas writes its index under an empty name.
  const names = header.map((name, index) => (name.trim() === '' ? `column ${index + 1}` : name));
  const distinct = new Set(names.map((name) => name.toLowerCase()));
  if (names.length === 0 || names.length > COLUMNS_MAX || distinct.size < names.length) {
    const why = `the header has no columns, one twice, or more than ${COLUMNS_MAX}`;
    throw new PipelineError('snapshot_unreadable', why);
  }
  return names.map((name) => ({ name, type: undefined, isFloat: false }));
}

function delimiterOf(name: string): string {
  return /\.tsv$/i.test(name) ? '\t' : ',';
}

function csvSource(
  file: { readonly path: string; readonly name: string },
  columns: readonly ReadColumn[],
): string {
  const types = columns.map(({ name }) => `${quoteText(name)}: 'VARCHAR'`).join(', ');
  const options = [
    'auto_detect = false',
    'header = true',
    'skip = 0',
    `delim = ${quoteText(delimiterOf(file.name))}`,
    `quote = '"'`,
    `escape = '"'`,
    "nullstr = ''",
    'strict_mode = true',
    'null_padding = false',
    `columns = {${types}}`,
  ];
  return `read_csv(${quoteText(file.path)}, ${options.join(', ')})`;
}

async function parquetColumns(
  database: SnapshotDatabase,
  path: string,
): Promise<readonly ReadColumn[]> {
  const described = await database.rows(`DESCRIBE SELECT * FROM read_parquet(${quoteText(path)})`);
  if (described.length > COLUMNS_MAX)
    throw new PipelineError('snapshot_unreadable', `more than ${COLUMNS_MAX} columns`);
  return described.map((row) => {
    const type = String(row.column_type);
    return {
      name: String(row.column_name),
      type: parquetType(type),
      isFloat: type === 'DOUBLE' || type === 'FLOAT',
    };
  });
}

function parquetType(type: string): ColumnType | undefined {
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER)$/.test(type)) return 'integer';
  if (/^(DOUBLE|FLOAT|DECIMAL)/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (type === 'DATE') return 'date';
  return type.startsWith('TIMESTAMP') ? 'timestamp' : undefined;
}

async function describeColumns(
  database: SnapshotDatabase,
  view: string,
  columns: readonly ReadColumn[],
): Promise<readonly TableColumn[]> {
  const described: TableColumn[] = [];
  for (let start = 0; start < columns.length; start += COLUMNS_AT_ONCE) {
    const some = columns.slice(start, start + COLUMNS_AT_ONCE);
    const [row = {}] = await database.rows(
      `SELECT ${some.flatMap(({ name }, index) => countsSql(name, index)).join(', ')} FROM ${view}`,
    );
    some.forEach(({ name, type }, index) => {
      const figure = (prefix: string) => Number(row[`${prefix}${index}`] ?? 0);
      const { missing, distinct } = { missing: figure('missing'), distinct: figure('distinct') };
      described.push({ name, type: type ?? typeFrom(figure), missing, distinct });
    });
  }
  return described;
}

function countsSql(name: string, index: number): readonly string[] {
  const column = quoteName(name);
  const count = (condition: string) =>
    `CAST(count(*) FILTER (WHERE ${column} IS NOT NULL AND ${condition}) AS DOUBLE)`;
  const matching = (pattern: string) => `regexp_full_match(${column}, ${quoteText(pattern)})`;
  return [
    `CAST(count(${column}) AS DOUBLE) AS present${index}`,
    `CAST(count(*) - count(${column}) AS DOUBLE) AS missing${index}`,
    `CAST(count(DISTINCT ${column}) AS DOUBLE) AS distinct${index}`,
    `${count(`coalesce(CAST(TRY_CAST(${column} AS BIGINT) AS VARCHAR) = ${column}, false)`)} AS integer${index}`,
    `${count(`${matching(NUMBER)} AND TRY_CAST(${column} AS DOUBLE) IS NOT NULL`)} AS number${index}`,
    `${count(matching(BOOLEAN))} AS boolean${index}`,
    `${count(matching(DATE))} AS date${index}`,
    `${count(matching(TIMESTAMP))} AS timestamp${index}`,
  ];
}

/** The narrowest type that every present value has. */
function typeFrom(figure: (prefix: string) => number): ColumnType {
  const present = figure('present');
  if (present === 0) return 'text';
  const order = ['integer', 'number', 'boolean', 'date', 'timestamp'] as const;
  return order.find((type) => figure(type) === present) ?? 'text';
}

/** A column's value for comparing and ordering: a number where both sides are numbers, else its text. */
export function valueSql(column: string, isNumber: boolean): string {
  return isNumber ? `TRY_CAST(${column} AS DOUBLE)` : column;
}

export function isNumeric(type: ColumnType): boolean {
  return type === 'integer' || type === 'number';
}
