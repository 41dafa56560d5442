// SPDX-License-Identifier: Apache-2.0
import { crc32 } from 'node:zlib';
import { VerifierError } from '../errors.ts';

/**
 * A zip file in exactly one form (PKWARE APPNOTE 6.3.9): entries stored, sorted by name, UTF-8 names, dated 1980-01-01,
 * without extra fields, comments, descriptors or gaps. Any unzip program opens it; and since the same entries have only
 * one form, a flipped byte in a header shows, which no checksum of a zip covers.
 */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;
const VERSION = 20;
const UTF8_FLAG = 0x0800;
const DATE_1980 = 0x0021;
/** Without zip64 every size and offset must fit 32 bits, every count 16. */
const BYTES_MAX = 0xffff_fffe;
const ENTRIES_MAX = 0xfffe;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

interface Placed extends ZipEntry {
  readonly crc: number;
  readonly offset: number;
}

export function writeZip(entries: readonly ZipEntry[]): Uint8Array {
  const placed = place(entries);
  const chunks: Uint8Array[] = [];
  for (const entry of placed) chunks.push(localHeader(entry), entry.bytes);
  const start = sizeOf(chunks);
  const directory = placed.map(centralHeader);
  const end = endRecord(placed.length, sizeOf(directory), start);
  return joined([...chunks, ...directory, end]);
}

/** @throws VerifierError `case_entry_name` for a name that could leave a folder, `case_too_large` past 4 GiB */
function place(entries: readonly ZipEntry[]): readonly Placed[] {
  const sorted = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const placed: Placed[] = [];
  let offset = 0;
  for (const [index, entry] of sorted.entries()) {
    if (!NAME.test(entry.name) || entry.name === sorted[index - 1]?.name) {
      throw new VerifierError(
        'case_entry_name',
        entry.name,
        `\`${entry.name}\` cannot be an entry name`,
      );
    }
    placed.push({ ...entry, crc: crc32(entry.bytes), offset });
    offset += LOCAL_BYTES + entry.name.length + entry.bytes.length;
  }
  if (offset > BYTES_MAX || placed.length > ENTRIES_MAX) {
    throw new VerifierError(
      'case_too_large',
      'container',
      'a case file holds at most 4 GiB and 65,534 entries',
    );
  }
  return placed;
}

function localHeader({ name, bytes, crc }: Placed): Uint8Array {
  const header = new Uint8Array(LOCAL_BYTES + name.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, LOCAL, true);
  writeCommon(view, 4, { crc, size: bytes.length, nameLength: name.length });
  header.set(new TextEncoder().encode(name), LOCAL_BYTES);
  return header;
}

function centralHeader({ name, bytes, crc, offset }: Placed): Uint8Array {
  const header = new Uint8Array(CENTRAL_BYTES + name.length);
  const view = new DataView(header.buffer);
  view.setUint32(0, CENTRAL, true);
  view.setUint16(4, VERSION, true);
  writeCommon(view, 6, { crc, size: bytes.length, nameLength: name.length });
  view.setUint32(42, offset, true);
  header.set(new TextEncoder().encode(name), CENTRAL_BYTES);
  return header;
}

/** The members that local and central headers share, from `version needed` to the length of the extra field. */
function writeCommon(
  view: DataView,
  at: number,
  entry: { readonly crc: number; readonly size: number; readonly nameLength: number },
): void {
  view.setUint16(at, VERSION, true);
  view.setUint16(at + 2, UTF8_FLAG, true);
  view.setUint16(at + 8, DATE_1980, true);
  view.setUint32(at + 10, entry.crc, true);
  view.setUint32(at + 14, entry.size, true);
  view.setUint32(at + 18, entry.size, true);
  view.setUint16(at + 22, entry.nameLength, true);
}

function endRecord(count: number, directoryBytes: number, directoryOffset: number): Uint8Array {
  const end = new Uint8Array(END_BYTES);
  const view = new DataView(end.buffer);
  view.setUint32(0, END, true);
  view.setUint16(8, count, true);
  view.setUint16(10, count, true);
  view.setUint32(12, directoryBytes, true);
  view.setUint32(16, directoryOffset, true);
  return end;
}

/**
 * Reads a canonical zip. The bytes are read forward, entry by entry, then written again and compared: whatever differs
 * is named by the entry it lies in, or `container` where it lies in none.
 * @throws VerifierError `zip_malformed` or `zip_not_canonical`
 */
export function readZip(bytes: Uint8Array): readonly ZipEntry[] {
  const entries: ZipEntry[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const listed = directoryNames(bytes, view);
  let at = 0;
  while (at + 4 <= bytes.length && view.getUint32(at, true) === LOCAL) {
    const entry = readEntry(bytes, view, { at, listed: listed.get(at) });
    entries.push(entry);
    at += LOCAL_BYTES + entry.name.length + entry.bytes.length;
  }
  if (entries.length === 0)
    throw new VerifierError('zip_malformed', 'container', 'not a case file: no entry');
  requireCanonical(bytes, entries);
  return entries;
}

/** Names by the offset of their entry, as the directory at the end says; what is damaged there is left out. */
function directoryNames(bytes: Uint8Array, view: DataView): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  const end = bytes.length - END_BYTES;
  if (end < 0 || view.getUint32(end, true) !== END) return names;
  let at = view.getUint32(end + 16, true);
  while (at + CENTRAL_BYTES <= end && view.getUint32(at, true) === CENTRAL) {
    const start = at + CENTRAL_BYTES;
    const next = start + view.getUint16(at + 28, true);
    names.set(view.getUint32(at + 42, true), new TextDecoder().decode(bytes.subarray(start, next)));
    at = next;
  }
  return names;
}

/** Names of entries as far as they can be read in a file that may be damaged: by its directory and from its beginning. */
export function entryNames(bytes: Uint8Array): ReadonlySet<string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names = new Set(directoryNames(bytes, view).values());
  let at = 0;
  while (at + LOCAL_BYTES <= bytes.length && view.getUint32(at, true) === LOCAL) {
    const start = at + LOCAL_BYTES + view.getUint16(at + 26, true);
    names.add(new TextDecoder().decode(bytes.subarray(at + LOCAL_BYTES, start)));
    at = start + view.getUint32(at + 18, true);
  }
  return names;
}

function readEntry(
  bytes: Uint8Array,
  view: DataView,
  { at, listed }: { readonly at: number; readonly listed: string | undefined },
): ZipEntry {
  const damaged = (what: string) =>
    new VerifierError('zip_malformed', 'container', `the zip ${what} at byte ${at}`);
  if (at + LOCAL_BYTES > bytes.length) throw damaged('is cut or damaged');
  const nameLength = view.getUint16(at + 26, true);
  const size = view.getUint32(at + 18, true);
  const start = at + LOCAL_BYTES + nameLength;
  if (start + size > bytes.length) throw damaged('is cut or damaged');
  const name = new TextDecoder().decode(bytes.subarray(at + LOCAL_BYTES, start));
  if (!NAME.test(name)) throw damaged('holds a damaged entry name');
  // Which of the two copies is the damaged one cannot be told, so neither is given as the entry at fault.
  if (listed !== undefined && listed !== name) {
    throw damaged(`names an entry \`${name}\` and lists it as \`${listed}\``);
  }
  const body = bytes.subarray(start, start + size);
  if (view.getUint32(at + 14, true) !== crc32(body)) {
    throw new VerifierError('zip_malformed', name, `\`${name}\` does not match its checksum`);
  }
  return { name, bytes: body };
}

function requireCanonical(bytes: Uint8Array, entries: readonly ZipEntry[]): void {
  const expected = writeZip(entries);
  const length = Math.min(expected.length, bytes.length);
  let at = 0;
  while (at < length && expected[at] === bytes[at]) at += 1;
  if (at === expected.length && at === bytes.length) return;
  const name = entryAt(entries, at);
  throw new VerifierError(
    'zip_not_canonical',
    name,
    `the zip differs from its canonical form at byte ${at}, in ${name}`,
  );
}

function entryAt(entries: readonly ZipEntry[], at: number): string {
  let end = 0;
  for (const { name, bytes } of entries) {
    end += LOCAL_BYTES + name.length + bytes.length;
    if (at < end) return name;
  }
  return 'container';
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(sizeOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
