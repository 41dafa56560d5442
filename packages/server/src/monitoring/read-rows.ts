// SPDX-License-Identifier: Apache-2.0
import { KernelError, parseStrictJson } from '@countersign/kernel';
import { type CsvRow, PipelineError, parseCsvRows } from '@countersign/pipeline';

/** One row of an upload: its cells by column name, as text, and the line it begins at. */
export interface UploadedRow {
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

export interface RowProblem {
  /** `line 7` or `line 7, column`. */
  readonly place: string;
  readonly message: string;
}

export type ReadRows =
  | { readonly ok: true; readonly rows: readonly UploadedRow[] }
  | { readonly ok: false; readonly problems: readonly RowProblem[] };

export interface RowShape {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const ROWS_MAX = 100_000;
const HOLDS_NUL = 'holds the character U+0000, which cannot be stored';

/** Reads CSV (RFC 4180, with a header) or NDJSON (one object of texts, numbers and booleans a line), strictly. */
export function readRows(bytes: Uint8Array, media: 'csv' | 'ndjson', shape: RowShape): ReadRows {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('line 1', 'the rows are not UTF-8');
  }
  const nul = text.indexOf('\0');
  if (nul !== -1) return refuse(`line ${text.slice(0, nul).split('\n').length}`, HOLDS_NUL);
  return media === 'csv' ? readCsv(text, shape) : readNdjson(text, shape);
}

function readCsv(text: string, shape: RowShape): ReadRows {
  try {
    return fitRows(parseCsvRows(text), shape);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return refuse(`line ${String(error.details.line)}`, String(error.details.reason));
  }
}

function fitRows([header, ...records]: readonly CsvRow[], shape: RowShape): ReadRows {
  if (header === undefined) return refuse('line 1', 'there is no header line');
  const columns = header.cells;
  const wrong = headerProblem(columns, shape);
  if (wrong !== undefined) return refuse('line 1', wrong);
  if (records.length > ROWS_MAX)
    return refuse(`line ${ROWS_MAX + 2}`, `more than ${ROWS_MAX} rows`);
  const problems: RowProblem[] = [];
  const rows = records.map(({ line, cells }) => {
    if (cells.length !== columns.length) {
      const message = `has ${cells.length} cells, the header ${columns.length}`;
      problems.push({ place: `line ${line}`, message });
    }
    return { line, cells: new Map(columns.map((name, index) => [name, cells[index] ?? ''])) };
  });
  return problems.length === 0 ? { ok: true, rows } : { ok: false, problems };
}

function headerProblem(columns: readonly string[], shape: RowShape): string | undefined {
  const known = [...shape.required, ...shape.optional];
  const stray = columns.find((name) => !known.includes(name));
  if (stray !== undefined) return `column \`${stray}\` is not known; known are ${known.join(', ')}`;
  const lacking = shape.required.find((name) => !columns.includes(name));
  if (lacking !== undefined) return `column \`${lacking}\` is missing`;
  return new Set(columns).size < columns.length ? 'a column is named twice' : undefined;
}

function readNdjson(text: string, shape: RowShape): ReadRows {
  const known = [...shape.required, ...shape.optional];
  const problems: RowProblem[] = [];
  const rows: UploadedRow[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue;
    if (rows.length >= ROWS_MAX) return refuse(`line ${index + 1}`, `more than ${ROWS_MAX} rows`);
    const read = readObject(content, known);
    if ('message' in read) problems.push({ place: `line ${index + 1}`, message: read.message });
    else rows.push({ line: index + 1, cells: read.cells });
  }
  return problems.length === 0 ? { ok: true, rows } : { ok: false, problems };
}

function readObject(
  content: string,
  known: readonly string[],
): { readonly cells: ReadonlyMap<string, string> } | { readonly message: string } {
  try {
    const json = parseStrictJson(content);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      return { message: 'is not a JSON object' };
    }
    const entries = Object.entries(json);
    const stray = entries.find(([name]) => !known.includes(name));
    if (stray !== undefined) return { message: `member \`${stray[0]}\` is not known` };
    const odd = entries.find(([, value]) => typeof value === 'object');
    if (odd !== undefined)
      return { message: `member \`${odd[0]}\` is not a text, number or boolean` };
    const nul = entries.find(([, value]) => typeof value === 'string' && value.includes('\0'));
    if (nul !== undefined) return { message: `member \`${nul[0]}\` ${HOLDS_NUL}` };
    return { cells: new Map(entries.map(([name, value]) => [name, String(value)])) };
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    return { message: `is not strict JSON: ${error.message}` };
  }
}

function refuse(place: string, message: string): ReadRows {
  return { ok: false, problems: [{ place, message }] };
}
