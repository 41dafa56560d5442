// SPDX-License-Identifier: Apache-2.0
import { readCsvHeader } from '../csv/read-csv-header.ts';
import { PipelineError } from '../errors.ts';

const COLUMNS_MAX = 5000;

/** The column names of an RFC 4180 file. Throws PipelineError `csv_bad_row` for an empty, repeated or unending header. */
export async function readColumnNames(
  path: string,
  name: string,
  delimiter: string,
): Promise<readonly string[]> {
  // Only the header is judged here; DuckDB finds bad bytes further down and names their line.
  const names = await headerOf(path, name, delimiter);
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

async function headerOf(path: string, name: string, delimiter: string): Promise<readonly string[]> {
  try {
    // An empty first line is one column without a name.
    return (await readCsvHeader(path, delimiter)) ?? [''];
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    throw badRow(name, 1, `the header cannot be read: ${String(cause.details.reason)}`);
  }
}
