// SPDX-License-Identifier: Apache-2.0
import { CsvError, type CsvErrorCode, type Options, parse } from 'csv-parse/sync';
import { PipelineError } from '../errors.ts';

export interface CsvRow {
  /** The line of the file that it begins on, from 1; quoted cells may span lines. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvOptions {
  /** A comma unless given. */
  readonly delimiter?: string;
  /** Reads the header alone, of a text that may be cut off after it; no rows when the first line is empty. */
  readonly headerOnly?: boolean;
}

const NEWLINE = 0x0a;
const LONE_RETURN = /\r(?!\n)/;

/** RFC 4180 leaves the number of cells to whoever reads the rows, and takes no other line ends. */
export const CSV_FORM = {
  record_delimiter: ['\r\n', '\n'],
  relax_column_count: true,
} as const satisfies Options;

const REASONS: Readonly<Partial<Record<CsvErrorCode, string>>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote stands inside a cell that is not quoted',
};

/**
 * The rows of an RFC 4180 text, header included, in order; empty lines are no rows.
 * @throws PipelineError `csv_bad_row` whose `details` hold the `line` (from 1) and the `reason`
 */
export function parseCsvRows(text: string, options: CsvOptions = {}): readonly CsvRow[] {
  const bytes = Buffer.from(text);
  const rows: CsvRow[] = [];
  let start = 0;
  let line = 1;
  try {
    parse(bytes, {
      ...CSV_FORM,
      delimiter: options.delimiter ?? ',',
      ...(LONE_RETURN.test(text) ? { cast: refuseLoneReturn(bytes) } : {}),
      // The parser's own line numbers count a quoted `\r\n` twice, so lines are counted from its byte offsets.
      on_record: (cells: string[], { bytes: end }) => {
        if (cells.length > 1 || cells[0] !== '') rows.push({ line, cells });
        line += newlines(bytes, start, end);
        start = end;
        return null;
      },
      ...(options.headerOnly ? { to: 1 } : {}),
    });
  } catch (cause) {
    throw translated(cause, bytes);
  }
  return rows;
}

function refuseLoneReturn(bytes: Buffer) {
  return (value: string, at: { readonly quoting: boolean; readonly bytes: number }): string => {
    if (at.quoting || !value.includes('\r')) return value;
    throw badCsvRow(
      1 + newlines(bytes, 0, at.bytes),
      'a carriage return stands in a cell that is not quoted',
    );
  };
}

/** How far the parser had come is the end of the last whole cell: the bad one begins on that line. */
function translated(cause: unknown, bytes: Buffer): unknown {
  if (!(cause instanceof CsvError)) return cause;
  const reason = REASONS[cause.code];
  if (reason === undefined) return cause;
  return badCsvRow(1 + newlines(bytes, 0, Number(cause.bytes)), reason, cause);
}

function badCsvRow(line: number, reason: string, cause?: unknown): PipelineError {
  return new PipelineError('csv_bad_row', `line ${line}: ${reason}; correct the line`, {
    details: { line, reason },
    cause,
  });
}

function newlines(bytes: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE, start); at >= 0 && at < end; ) {
    count += 1;
    at = bytes.indexOf(NEWLINE, at + 1);
  }
  return count;
}
