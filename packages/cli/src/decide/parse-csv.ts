// SPDX-License-Identifier: Apache-2.0
import { atFile } from '../errors.ts';

export interface CsvRecord {
  /** Line it begins at. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** RFC 4180: quotes around a cell, doubled inside it; line ends within quotes belong to the cell. @throws CliError `file_invalid` */
export function parseCsv(file: string, text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const begun = line;
    const cells: string[] = [];
    let isOpen = true;
    while (isOpen) {
      const cell = readCell(file, text, { at, line });
      cells.push(cell.value);
      at = cell.at;
      line = cell.line;
      isOpen = text[at] === ',';
      if (isOpen) at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (text[at] === '\n') at += 1;
    line += 1;
    if (cells.length > 1 || cells[0] !== '') records.push({ line: begun, cells });
  }
  return records;
}

interface Place {
  readonly at: number;
  readonly line: number;
}

function readCell(file: string, text: string, from: Place): Place & { readonly value: string } {
  if (text[from.at] !== '"') {
    let at = from.at;
    while (at < text.length && !',\r\n'.includes(text[at] ?? '')) at += 1;
    const value = text.slice(from.at, at);
    if (value.includes('"'))
      throw atFile(file, from.line, 'a quote stands inside a cell that is not quoted');
    return { value, at, line: from.line };
  }
  let value = '';
  let { at, line } = from;
  at += 1;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) throw atFile(file, from.line, 'a quoted cell is not closed');
    const part = text.slice(at, end);
    value += part;
    line += part.split('\n').length - 1;
    if (text[end + 1] !== '"') {
      const next = text[end + 1];
      if (next !== undefined && !',\r\n'.includes(next))
        throw atFile(file, line, 'something follows a closing quote');
      return { value, at: end + 1, line };
    }
    value += '"';
    at = end + 2;
  }
}
