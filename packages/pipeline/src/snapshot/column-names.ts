// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { readCsvHeader } from '../csv/read-csv-header.ts';
import { PipelineError } from '../errors.ts';

const COLUMNS_MAX = 5000;
const CHUNK_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/** The column names of an RFC 4180 file. Throws PipelineError `csv_bad_row` for an empty, repeated or unending header. */
export async function readColumnNames(
  path: string,
  name: string,
  delimiter: string,
): Promise<readonly string[]> {
  await refuseNul(path, name);
  // Only the header is judged here; DuckDB finds bad bytes further down and names their line.
  const names = await headerOf(path, name, delimiter);
  if (names.some((column) => column.includes('\ufffd'))) {
    throw badRow(name, 1, 'the header is not UTF-8; convert the file first');
  }
  if (names.length === 1 && names[0] === '')
    throw badRow(name, 1, 'the first line is empty; it must name the columns');
  const empty = names.findIndex((column) => column.trim() === '');
  if (empty >= 0) throw badRow(name, 1, `column ${empty + 1} of the header has no name`);
  const problem = namesProblem(names);
  if (problem !== undefined) throw badRow(name, 1, `the header ${problem}`);
  return names;
}

/** What is wrong with the names of a table's columns, told of who holds them; undefined when nothing is. */
export function namesProblem(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  for (const column of names.map((text) => text.toLowerCase())) {
    if (seen.has(column))
      return `names \`${column}\` twice (capitals do not count); rename one of the two`;
    seen.add(column);
  }
  if (names.length <= COLUMNS_MAX) return undefined;
  return `names ${names.length} columns, more than ${COLUMNS_MAX}; leave out what no model reads`;
}

/** A NUL is in no text; it comes with UTF-16, a damaged file or one that is no table. */
async function refuseNul(path: string, name: string): Promise<void> {
  let line = 1;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    const bytes = chunk as Buffer; // no encoding is set
    const nul = bytes.indexOf(0);
    line += newlinesIn(bytes, nul < 0 ? bytes.length : nul);
    if (nul >= 0) {
      throw badRow(
        name,
        line,
        'a NUL byte; the file is UTF-16, damaged or no text, so write it as UTF-8',
      );
    }
  }
}

function newlinesIn(bytes: Buffer, end: number): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1))
    count += 1;
  return count;
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
