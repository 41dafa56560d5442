// SPDX-License-Identifier: Apache-2.0
import { type CsvPlace, lineOfCsvRow, PipelineError, readCsvHeader } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import { type ColumnType, identifier, literal } from './column-type.ts';
import { type Relation, resolveColumns, type Schema } from './schema.ts';
import type { Table } from './table.ts';

const RAW = 'raw_rows';

// What text must look like before DuckDB converts it: its own casts would round 1.5 to an integer and take `nan`.
const TEXT_FORMS: Readonly<Partial<Record<ColumnType, string>>> = {
  integer: '[+-]?[0-9]{1,19}',
  number: '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?',
  boolean: 'true|false|TRUE|FALSE|True|False|0|1',
};

const EXPECTED: Readonly<Record<ColumnType, string>> = {
  integer: 'a whole number',
  number: 'a finite decimal number',
  text: 'text',
  boolean: '`true` or `false`',
  date: 'a date such as 2026-03-31',
  timestamp: 'a time such as 2026-03-31T12:00:00Z',
};

/**
 * Reads a CSV file (RFC 4180, UTF-8, header line, empty field = missing, quoted empty field = empty text) as a
 * relation in file order. Throws `row_malformed` or `value_invalid` with the line.
 */
export async function readCsv(table: Table, path: string, schema: Schema): Promise<Relation> {
  const header = await readHeader(path);
  const columns = resolveColumns(header, schema);
  await readText(table, path, header);
  await checkValues(table, { path, columns: header.length }, columns);
  const items = [...columns].map(
    ([name, type]) => `${tried(identifier(name), type)} AS ${identifier(name)}`,
  );
  return { select: `SELECT ${items.join(', ')} FROM ${RAW} ORDER BY rowid`, columns };
}

async function readHeader(path: string): Promise<readonly string[]> {
  const names = await headerOf(path);
  if (names === undefined) {
    throw new AnalysisError(
      'table_empty',
      'the file has no header line; write the column names first',
      { details: { line: 1 } },
    );
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new AnalysisError('row_malformed', `line 1 names column \`${twice}\` twice; rename one`, {
      details: { line: 1, column: twice },
    });
  }
  return names;
}

async function headerOf(path: string): Promise<readonly string[] | undefined> {
  try {
    return await readCsvHeader(path);
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    throw new AnalysisError('row_malformed', 'line 1 is not a CSV header; check its quotes', {
      details: { line: 1 },
      cause,
    });
  }
}

async function readText(table: Table, path: string, header: readonly string[]): Promise<void> {
  const columns = header.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ');
  const options =
    `auto_detect=false, header=true, delim=',', quote='"', escape='"', strict_mode=true, ` +
    `null_padding=false, allow_quoted_nulls=false, columns={${columns}}`;
  try {
    await table.run(
      `CREATE OR REPLACE TEMP TABLE ${RAW} AS SELECT * FROM read_csv(${literal(path)}, ${options})`,
    );
  } catch (cause) {
    throw translated(cause, path);
  }
}

function translated(cause: unknown, path: string): AnalysisError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const reason =
    /^(Expected Number of Columns.*|Value with unterminated.*|Invalid unicode.*)$/m.exec(text)?.[1];
  if (line === undefined) {
    return new AnalysisError(
      'table_unreadable',
      `\`${path}\` is not a CSV file; ${text.split('\n')[0]}`,
      {
        details: { file: path },
        cause,
      },
    );
  }
  const what = reason === undefined ? 'does not follow RFC 4180' : reason.trim();
  return new AnalysisError(
    'row_malformed',
    `line ${line} of \`${path}\` is malformed: ${what}; correct the line`,
    {
      details: { file: path, line: Number(line) },
      cause,
    },
  );
}

async function checkValues(
  table: Table,
  place: CsvPlace,
  columns: ReadonlyMap<string, ColumnType>,
): Promise<void> {
  const checked = [...columns].filter(([, type]) => type !== 'text');
  if (checked.length === 0) return;
  const firsts = checked.map(
    ([name, type]) => `min(rowid) FILTER (WHERE ${unconvertible(name, type)})`,
  );
  const found = await table.select(`SELECT ${firsts.join(', ')} FROM ${RAW}`);
  const bad = checked
    .map(([name, type], index) => ({ name, type, row: found[index]![0] }))
    .filter((entry) => entry.row !== null)
    .map((entry) => ({ ...entry, row: Number(entry.row) }))
    .sort((first, second) => first.row - second.row)[0];
  if (bad === undefined) return;
  const line = await lineOfCsvRow(place, bad.row + 1);
  const [values] = await table.select(
    `SELECT ${identifier(bad.name)} FROM ${RAW} WHERE rowid = ${bad.row}`,
  );
  throw new AnalysisError(
    'value_invalid',
    `line ${line} of \`${place.path}\`, column \`${bad.name}\`: \`${values![0]}\` is not ${EXPECTED[bad.type]}`,
    { details: { file: place.path, line, column: bad.name } },
  );
}

function unconvertible(name: string, type: ColumnType): string {
  const cell = identifier(name);
  const form = TEXT_FORMS[type];
  const misshapen =
    form === undefined ? '' : `NOT regexp_full_match(${cell}, ${literal(form)}) OR `;
  const infinite = type === 'number' ? ` OR NOT isfinite(TRY_CAST(${cell} AS DOUBLE))` : '';
  return `${cell} IS NOT NULL AND (${misshapen}${tried(cell, type)} IS NULL${infinite})`;
}

function tried(cell: string, type: ColumnType): string {
  switch (type) {
    case 'integer':
      return `TRY_CAST(${cell} AS BIGINT)`;
    case 'number':
      return `TRY_CAST(${cell} AS DOUBLE)`;
    case 'boolean':
      return `TRY_CAST(${cell} AS BOOLEAN)`;
    case 'date':
      return `TRY_CAST(${cell} AS DATE)`;
    case 'timestamp':
      return `TRY_CAST(${cell} AS TIMESTAMP)`;
    case 'text':
      return cell;
  }
}
