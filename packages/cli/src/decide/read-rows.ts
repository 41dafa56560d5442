// SPDX-License-Identifier: Apache-2.0
import { type Json, KernelError, type ModelInput, parseStrictJson } from '@countersign/kernel';
import { type CsvRow, PipelineError, parseCsvRows } from '@countersign/pipeline';
import { atFile, CliError } from '../errors.ts';

/** One request for a decision, with the line of the file that it stands on. */
export interface DecideRow {
  readonly line: number;
  readonly body: { readonly [member: string]: Json };
}

export interface RowColumns {
  /** The model's inputs: their columns and types. */
  readonly inputs: readonly ModelInput[];
  /** Columns kept for fairness monitoring; they never reach the model. */
  readonly protected: readonly string[];
  readonly key?: string;
  readonly business?: string;
  readonly subject?: string;
}

const REQUEST_MEMBERS: ReadonlySet<string> = new Set([
  'inputs',
  'protected',
  'key',
  'use',
  'business',
  'subject',
]);
const ROWS_MAX = 1_000_000;

/**
 * Reads rows of a JSON object or list, NDJSON or CSV (by the file's name). A row is a whole request
 * (`{inputs, protected?, key?, business?, subject?}`) or flat, and then its columns are told apart by `columns`.
 * @throws CliError `file_invalid` with file and line
 */
export function readDecideRows(
  file: string,
  text: string,
  columns: RowColumns,
): readonly DecideRow[] {
  const rows = rawRows(file, text, columns);
  if (rows.length === 0) throw atFile(file, 1, 'it holds no row');
  if (rows.length > ROWS_MAX)
    throw new CliError('file_invalid', `\`${file}\` holds more than ${ROWS_MAX} rows`);
  return rows.map(({ line, row }) => ({ line, body: requestOf(row, columns) }));
}

interface RawRow {
  readonly line: number;
  readonly row: { readonly [name: string]: Json };
}

function rawRows(file: string, text: string, columns: RowColumns): readonly RawRow[] {
  if (file.endsWith('.csv')) return csvRows(file, text, columns);
  if (file.endsWith('.ndjson') || file.endsWith('.jsonl')) return ndjsonRows(file, text);
  const json = parseAt(file, 1, text);
  const list = Array.isArray(json) ? json : [json];
  return list.map((row) => ({ line: 1, row: objectAt(file, 1, row) }));
}

function csvRecords(file: string, text: string): readonly CsvRow[] {
  try {
    return parseCsvRows(text);
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    const { line, reason } = cause.details;
    throw atFile(file, Number(line ?? 1), String(reason ?? cause.message), cause);
  }
}

function ndjsonRows(file: string, text: string): readonly RawRow[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    return [{ line: index + 1, row: objectAt(file, index + 1, parseAt(file, index + 1, line)) }];
  });
}

function parseAt(file: string, line: number, text: string): Json {
  try {
    return parseStrictJson(text, { maxBytes: 256 * 1024 * 1024 });
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    const inner = typeof cause.details.line === 'number' ? cause.details.line - 1 : 0;
    throw atFile(file, line + inner, cause.message, cause);
  }
}

function objectAt(file: string, line: number, json: Json): { readonly [name: string]: Json } {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as { readonly [name: string]: Json };
  }
  throw atFile(file, line, 'a row must be an object');
}

function csvRows(file: string, text: string, columns: RowColumns): readonly RawRow[] {
  const [header, ...records] = csvRecords(file, text);
  if (header === undefined) throw atFile(file, 1, 'there is no header line');
  const twice = header.cells.find((name, index) => header.cells.indexOf(name) !== index);
  if (twice !== undefined) throw atFile(file, 1, `column \`${twice}\` is named twice`);
  const types = typesOf(columns.inputs);
  const lacking = [...types.keys()].find((name) => !header.cells.includes(name));
  if (lacking !== undefined)
    throw atFile(file, 1, `column \`${lacking}\`, which the model asks for, is missing`);
  return records.map(({ line, cells }) => {
    if (cells.length !== header.cells.length) {
      throw atFile(
        file,
        line,
        `the row has ${cells.length} cells, the header ${header.cells.length}`,
      );
    }
    const row = header.cells.map(
      (name, index) => [name, cellValue(cells[index] ?? '', types.get(name))] as const,
    );
    return { line, row: Object.fromEntries(row) };
  });
}

function typesOf(inputs: readonly ModelInput[]): ReadonlyMap<string, ModelInput['type']> {
  return new Map(
    inputs.flatMap(({ name, columns, type }) =>
      (columns ?? [name]).map((one) => [one, type] as const),
    ),
  );
}

/** A cell that is no number where one is asked for stays text: the gateway refuses it, on record, naming the field. */
function cellValue(cell: string, type: ModelInput['type'] | undefined): Json {
  if (cell === '') return null;
  if (type === 'bool' && (cell === 'true' || cell === 'false')) return cell === 'true';
  const isNumeric = type === 'f32' || type === 'f64' || type === 'i64';
  if (!isNumeric || !/^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(cell)) return cell;
  return Number(cell);
}

function requestOf(row: { readonly [name: string]: Json }, columns: RowColumns): DecideRow['body'] {
  const isRequest = 'inputs' in row && Object.keys(row).every((name) => REQUEST_MEMBERS.has(name));
  if (isRequest) return row;
  const names = columns.inputs.flatMap(({ name, columns: own }) => own ?? [name]);
  const pick = (wanted: readonly string[]) =>
    Object.fromEntries(
      wanted.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])),
    );
  const reference = (member: 'key' | 'business' | 'subject') => {
    const column = columns[member];
    const value = column === undefined ? undefined : row[column];
    return value === undefined || value === null ? {} : { [member]: String(value) };
  };
  return {
    ...reference('key'),
    ...reference('business'),
    ...reference('subject'),
    inputs: pick(names),
    ...(columns.protected.length === 0 ? {} : { protected: pick(columns.protected) }),
  };
}
