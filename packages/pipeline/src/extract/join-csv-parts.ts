// SPDX-License-Identifier: Apache-2.0
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { CHUNK_BYTES } from '../blobs/blob-files.ts';
import { partProblem, type TablePart } from './table-part.ts';

const HEADER_BYTES_MAX = 1024 * 1024;
const QUOTE = 0x22;
const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * The bytes of CSV files one after the other, with the header of the first alone. Gives what tells of a line of the
 * whole in which part it stands. Throws PipelineError `snapshot_unreadable` for a part with another header, without
 * one, or that ends within a quoted field.
 */
export async function joinCsvParts(
  parts: readonly TablePart[],
  whole: { readonly path: string; readonly name: string },
): Promise<(line: number) => string> {
  const starts: { readonly part: string; readonly firstLine: number; readonly header: number }[] =
    [];
  const into = await open(whole.path, 'wx', 0o600);
  try {
    let header: Buffer | undefined;
    let lines = 0;
    for (const part of parts) {
      const read = await readHeader(part, whole.name);
      if (header === undefined) {
        header = read.header;
        await into.writeFile(Buffer.concat([header, Buffer.from('\n')]));
        lines = countLines(header) + 1;
      } else if (!header.equals(read.header)) {
        throw partProblem(
          whole.name,
          part.record.name,
          `has another header than \`${parts[0]?.record.name}\`: the parts of a table have the same columns in the same order`,
        );
      }
      starts.push({ part: part.record.name, firstLine: lines + 1, header: countLines(header) + 1 });
      lines += await appendBody(into, part, { name: whole.name, from: read.bodyAt });
    }
  } finally {
    await into.close();
  }
  return (line) => {
    const found = starts.findLast(({ firstLine }) => firstLine <= line) ?? starts[0];
    if (found === undefined) return whole.name;
    return `${found.part}:${Math.max(1, line - found.firstLine + 1 + found.header)}`;
  };
}

/** The header's bytes without its line end, and where the rows begin. */
async function readHeader(
  { path, record }: TablePart,
  name: string,
): Promise<{ readonly header: Buffer; readonly bodyAt: number }> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(HEADER_BYTES_MAX);
    const { bytesRead } = await file.read(bytes, 0, HEADER_BYTES_MAX, 0);
    const start = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
    let quoted = false;
    for (let at = start; at < bytesRead; at += 1) {
      if (bytes[at] === QUOTE) quoted = !quoted;
      if (bytes[at] !== NEWLINE || quoted) continue;
      return { header: withoutReturn(bytes.subarray(start, at)), bodyAt: at + 1 };
    }
    if (bytesRead <= start || quoted || bytesRead === HEADER_BYTES_MAX) {
      throw partProblem(name, record.name, 'has no whole header line; it is empty or was cut off');
    }
    return { header: withoutReturn(bytes.subarray(start, bytesRead)), bodyAt: bytesRead };
  } finally {
    await file.close();
  }
}

function withoutReturn(line: Buffer): Buffer {
  return Buffer.from(line.at(-1) === 0x0d ? line.subarray(0, -1) : line);
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === NEWLINE) lines += 1;
  return lines;
}

/** Gives the number of lines that were written. */
async function appendBody(
  into: FileHandle,
  { path, record }: TablePart,
  { name, from }: { readonly name: string; readonly from: number },
): Promise<number> {
  let lines = 0;
  let quoted = false;
  let last = NEWLINE;
  for await (const chunk of createReadStream(path, { start: from, highWaterMark: CHUNK_BYTES })) {
    const bytes: Buffer = chunk;
    // By index: an iterator would be called for every byte of a large table.
    for (let at = 0; at < bytes.length; at += 1) {
      if (bytes[at] === NEWLINE) lines += 1;
      else if (bytes[at] === QUOTE) quoted = !quoted;
    }
    last = bytes.at(-1) ?? last;
    await into.writeFile(bytes);
  }
  if (quoted) throw partProblem(name, record.name, 'ends within a quoted field; it was cut off');
  if (last === NEWLINE) return lines;
  await into.writeFile('\n');
  return lines + 1;
}
