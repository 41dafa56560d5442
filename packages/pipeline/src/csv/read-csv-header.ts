// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import { parseCsvRows } from './parse-csv-rows.ts';

const HEADER_BYTES_MAX = 1024 * 1024;

/**
 * The column names of a CSV file; undefined when its first line is empty. Bytes that are not UTF-8 come as U+FFFD.
 * @throws PipelineError `csv_bad_row` for a header that does not end, or whose quotes are wrong
 */
export async function readCsvHeader(
  path: string,
  delimiter?: string,
): Promise<readonly string[] | undefined> {
  const text = new TextDecoder('utf-8').decode(await firstBytes(path));
  const options = { headerOnly: true, ...(delimiter === undefined ? {} : { delimiter }) };
  return parseCsvRows(text, options)[0]?.cells;
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
