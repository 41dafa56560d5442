// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { CSV_FORM } from './parse-csv-rows.ts';

const NEWLINE = 0x0a;

export interface CsvPlace {
  readonly path: string;
  /** A comma unless given. */
  readonly delimiter?: string;
  /** Of a table of one column an empty line is a row, of others it is none: so DuckDB reads them. */
  readonly columns: number;
}

/** The line on which row `row` (from 1, header not counted) of a file that DuckDB has read begins. */
export async function lineOfCsvRow(place: CsvPlace, row: number): Promise<number> {
  return 1 + (await newlinesBefore(place.path, await startOfRow(place, row)));
}

async function startOfRow(place: CsvPlace, row: number): Promise<number> {
  const file = createReadStream(place.path);
  const ends = file.pipe(
    parse({
      ...CSV_FORM,
      delimiter: place.delimiter ?? ',',
      // DuckDB takes a quote inside a plain cell as text.
      relax_quotes: true,
      on_record: (cells: string[], { bytes }) => [
        cells.length === 1 && cells[0] === '' ? 'empty' : 'full',
        String(bytes),
      ],
    }),
  );
  file.once('error', (error) => ends.destroy(error));
  let start = 0;
  let rows = -1; // the header is row 0
  try {
    for await (const [filled, end] of ends as AsyncIterable<[string, string]>) {
      if (filled === 'full' || place.columns === 1) rows += 1;
      if (rows === row) return start;
      start = Number(end);
    }
    return start;
  } finally {
    file.destroy();
  }
}

async function newlinesBefore(path: string, end: number): Promise<number> {
  let count = 0;
  if (end === 0) return count;
  for await (const chunk of createReadStream(path, { end: end - 1 })) {
    const bytes = chunk as Buffer; // no encoding is set
    for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  }
  return count;
}
