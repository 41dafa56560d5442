// SPDX-License-Identifier: Apache-2.0
import { inflateRawSync } from 'node:zlib';

/** One file of a zip, with what the archive says about it. Format: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12, 4.3.16. */
export interface ZippedFile {
  readonly name: string;
  /** As the archive says it, in no zone. */
  readonly modified: string;
  readonly method: number;
  readonly content: Uint8Array;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const END_BYTES = 22;
const ENTRIES_MAX = 20_000;
const CONTENT_BYTES_MAX = 1024 ** 3;

/** Undefined when the bytes are no zip, a zip64, encrypted, or more than a report needs to look into. */
export function readZippedFiles(bytes: Uint8Array): readonly ZippedFile[] | undefined {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return entries(data);
  } catch (error) {
    if (error instanceof RangeError || (error instanceof Error && 'errno' in error))
      return undefined;
    throw error;
  }
}

function entries(data: Buffer): readonly ZippedFile[] | undefined {
  const end = endOf(data);
  if (end === undefined) return undefined;
  const count = data.readUInt16LE(end + 10);
  let at = data.readUInt32LE(end + 16);
  if (count > ENTRIES_MAX) return undefined;
  const files: ZippedFile[] = [];
  let total = 0;
  for (let index = 0; index < count; index += 1) {
    if (data.readUInt32LE(at) !== CENTRAL) return undefined;
    const size = data.readUInt32LE(at + 24);
    total += size;
    const isEncrypted = (data.readUInt16LE(at + 8) & 1) === 1;
    if (isEncrypted || total > CONTENT_BYTES_MAX || size === 0xffffffff) return undefined;
    const nameLength = data.readUInt16LE(at + 28);
    const name = data.subarray(at + 46, at + 46 + nameLength).toString('utf8');
    const method = data.readUInt16LE(at + 10);
    const content = contentOf(data, { at, method, size });
    if (content === undefined) return undefined;
    const modified = dosTime(data.readUInt16LE(at + 14), data.readUInt16LE(at + 12));
    files.push({ name, modified, method, content });
    at += 46 + nameLength + data.readUInt16LE(at + 30) + data.readUInt16LE(at + 32);
  }
  return files;
}

function endOf(data: Buffer): number | undefined {
  const lowest = Math.max(0, data.length - END_BYTES - 0xffff);
  for (let at = data.length - END_BYTES; at >= lowest; at -= 1) {
    if (data.readUInt32LE(at) === END) return at;
  }
  return undefined;
}

function contentOf(
  data: Buffer,
  { at, method, size }: { readonly at: number; readonly method: number; readonly size: number },
): Uint8Array | undefined {
  const local = data.readUInt32LE(at + 42);
  const start = local + 30 + data.readUInt16LE(local + 26) + data.readUInt16LE(local + 28);
  const packed = data.subarray(start, start + data.readUInt32LE(at + 20));
  if (method === 0) return packed;
  if (method !== 8) return undefined;
  return size === 0 ? new Uint8Array() : inflateRawSync(packed, { maxOutputLength: size });
}

function dosTime(date: number, time: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${1980 + (date >> 9)}-${two((date >> 5) & 15)}-${two(date & 31)}`;
  return `${day}T${two(time >> 11)}:${two((time >> 5) & 63)}:${two((time & 31) * 2)}`;
}
