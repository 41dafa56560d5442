// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { parseCsvRows } from '../csv/parse-csv-rows.ts';
import { PipelineError } from '../errors.ts';

const HEADER_BYTES_MAX = 1024 * 1024;
const COLUMNS_MAX = 5000;

/** The column names of an RFC 4180 file. Throws PipelineError `csv_bad_row` for an empty, repeated or unending header. */
export async function readCsvHeader(
  path: string,
  name: string,
  delimiter: string,
): Promise<readonly string[]> {
  // Only the header is judged here; DuckDB finds bad bytes further down and names their line.
  const text = new TextDecoder('utf-8').decode(await firstBytes(path));
  const names = headerCells(text, name, delimiter);
  if (names.some((column) => column.includes('\ufffd'))) {
    throw badRow(name, 1, 'the header is not UTF-8; convert the file first');
  }
  const empty = names.findIndex((column) => column.trim() === '');
  if (empty >= 0) throw badRow(name, 1, `column ${empty + 1} of the header has no name`);
  const seen = new Set<string>();
  for (const column of names.map((text) => text.toLowerCase())) {
    if (seen.has(column)) throw badRow(name, 1, `the header names \`${column}\` twice`);
    seen.add(column);
  }
  if (names.length > COLUMNS_MAX) throw badRow(name, 1, `more than ${COLUMNS_MAX} columns`);
  return names;
}

export function badRow(name: string, line: number, why: string): PipelineError {
  return new PipelineError('csv_bad_row', `${name}:${line}: ${why}`, {
    details: { file: name, line },
  });
}

async function firstBytes(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const into = Buffer.alloc(HEADER_BYTES_MAX);
    const { bytesRead } = await file.read(into, 0, HEADER_BYTES_MAX, 0);
    return into.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** One nameless column when the first line is empty. */
function headerCells(text: string, name: string, delimiter: string): readonly string[] {
  try {
    return parseCsvRows(text, { delimiter, headerOnly: true })[0]?.cells ?? [''];
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    throw badRow(name, 1, `the header cannot be read: ${String(cause.details.reason)}`);
  }
}
