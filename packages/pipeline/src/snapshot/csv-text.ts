// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { PipelineError } from '../errors.ts';

const HEADER_BYTES_MAX = 1024 * 1024;
const COLUMNS_MAX = 5000;
const QUOTE = 0x22;
const NEWLINE = 0x0a;

/** The column names of an RFC 4180 file. Throws PipelineError `csv_bad_row` for an empty, repeated or unending header. */
export async function readCsvHeader(
  path: string,
  name: string,
  delimiter: string,
): Promise<readonly string[]> {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(
    Buffer.alloc(HEADER_BYTES_MAX),
    0,
    HEADER_BYTES_MAX,
    0,
  );
  await file.close();
  // Only the header is judged here; DuckDB finds bad bytes further down and names their line.
  const text = new TextDecoder('utf-8').decode(buffer.subarray(0, bytesRead));
  const names = firstRecord(text, delimiter);
  if (names === undefined) throw badRow(name, 1, 'the header never ends; close its quotes');
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

function firstRecord(text: string, delimiter: string): string[] | undefined {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[at + 1] === '"') {
        field += '"';
        at += 1;
      } else quoted = false;
    } else if (char === '"' && field === '') quoted = true;
    else if (char === delimiter) {
      fields.push(field);
      field = '';
    } else if (char === '\n') return [...fields, field.replace(/\r$/, '')];
    else field += char;
  }
  return quoted ? undefined : [...fields, field];
}

/** The line on which row `row` (from 1, header not counted) starts: quoted fields may span lines. */
export async function lineOfRow(path: string, row: number): Promise<number> {
  let line = 1;
  let records = 0;
  let quoted = false;
  for await (const chunk of createReadStream(path)) {
    for (const byte of chunk as Buffer) {
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === NEWLINE) {
        line += 1;
        if (quoted) continue;
        records += 1;
        if (records === row) return line;
      }
    }
  }
  return line;
}
