// SPDX-License-Identifier: Apache-2.0

/** What is read of a TrueType font: which code points it has, and how wide they are. */
export interface FontFile {
  readonly bytes: Buffer;
  readonly unitsPerEm: number;
  /** Glyph of a code point; 0 when the font has none. */
  readonly glyphOf: (codePoint: number) => number;
  /** Advance width of a glyph, in font units. */
  readonly advanceOf: (glyph: number) => number;
}

interface TableEntry {
  readonly tag: string;
  readonly offset: number;
  readonly length: number;
}

const HEADER_BYTES = 12;
const ENTRY_BYTES = 16;

/**
 * Reads a TrueType font. Source: OpenType 1.9, tables `head`, `hhea`, `hmtx` and `cmap`.
 * @throws RangeError when the bytes are shorter than the tables say
 */
export function readFontFile(bytes: Buffer): FontFile {
  const tables = readDirectory(bytes);
  const head = tableOf(tables, 'head');
  const hhea = tableOf(tables, 'hhea');
  const hmtx = tableOf(tables, 'hmtx');
  const metricsCount = bytes.readUInt16BE(hhea.offset + 34);
  const glyphs = readCmap(bytes, tableOf(tables, 'cmap'));
  return {
    bytes,
    unitsPerEm: bytes.readUInt16BE(head.offset + 18),
    glyphOf: (codePoint) => glyphs.get(codePoint) ?? 0,
    advanceOf: (glyph) => bytes.readUInt16BE(hmtx.offset + 4 * Math.min(glyph, metricsCount - 1)),
  };
}

/**
 * The font with another family name; every other table is kept byte for byte.
 * The style is told by the tables `OS/2` and `head`, not by the name.
 */
export function withFamilyName(font: FontFile, family: string): Buffer {
  const tables = readDirectory(font.bytes);
  const postscript = family.replaceAll(' ', '');
  const name = nameTable(
    new Map([
      [1, family],
      [2, 'Regular'],
      [4, family],
      [6, postscript],
      [16, family],
    ]),
  );
  const parts = tables.map((table) => ({
    tag: table.tag,
    data:
      table.tag === 'name' ? name : font.bytes.subarray(table.offset, table.offset + table.length),
  }));
  return assemble(font.bytes.readUInt32BE(0), parts);
}

function readDirectory(bytes: Buffer): readonly TableEntry[] {
  const count = bytes.readUInt16BE(4);
  return Array.from({ length: count }, (_, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    return {
      tag: bytes.toString('latin1', at, at + 4),
      offset: bytes.readUInt32BE(at + 8),
      length: bytes.readUInt32BE(at + 12),
    };
  });
}

function tableOf(tables: readonly TableEntry[], tag: string): TableEntry {
  const found = tables.find((table) => table.tag === tag);
  if (found === undefined) throw new RangeError(`font has no table \`${tag}\``);
  return found;
}

function readCmap(bytes: Buffer, cmap: TableEntry): ReadonlyMap<number, number> {
  const count = bytes.readUInt16BE(cmap.offset + 2);
  const glyphs = new Map<number, number>();
  for (let index = 0; index < count; index += 1) {
    const entry = cmap.offset + 4 + index * 8;
    const platform = bytes.readUInt16BE(entry);
    const at = cmap.offset + bytes.readUInt32BE(entry + 4);
    const format = bytes.readUInt16BE(at);
    const unicode = platform === 0 || platform === 3;
    if (unicode && format === 12) readFormat12(bytes, at, glyphs);
    if (unicode && format === 4) readFormat4(bytes, at, glyphs);
  }
  return glyphs;
}

function readFormat12(bytes: Buffer, at: number, glyphs: Map<number, number>): void {
  const groups = bytes.readUInt32BE(at + 12);
  for (let group = 0; group < groups; group += 1) {
    const entry = at + 16 + group * 12;
    const first = bytes.readUInt32BE(entry);
    const last = bytes.readUInt32BE(entry + 4);
    const glyph = bytes.readUInt32BE(entry + 8);
    for (let code = first; code <= last; code += 1) glyphs.set(code, glyph + code - first);
  }
}

function readFormat4(bytes: Buffer, at: number, glyphs: Map<number, number>): void {
  const doubled = bytes.readUInt16BE(at + 6);
  const ends = at + 14;
  const starts = ends + doubled + 2;
  const deltas = starts + doubled;
  const offsets = deltas + doubled;
  for (let segment = 0; segment < doubled; segment += 2) {
    const first = bytes.readUInt16BE(starts + segment);
    const last = bytes.readUInt16BE(ends + segment);
    const delta = bytes.readUInt16BE(deltas + segment);
    const offset = bytes.readUInt16BE(offsets + segment);
    for (let code = first; code <= last && code !== 0xffff; code += 1) {
      const place = offsets + segment + offset + 2 * (code - first);
      const raw = offset === 0 ? code : bytes.readUInt16BE(place);
      const glyph = offset !== 0 && raw === 0 ? 0 : (raw + delta) & 0xffff;
      if (glyph !== 0 && !glyphs.has(code)) glyphs.set(code, glyph);
    }
  }
}

// Windows platform, Unicode BMP encoding, US English, in the order of name ids, as the table demands.
function nameTable(names: ReadonlyMap<number, string>): Buffer {
  const texts = [...names].map(([id, text]) => ({
    id,
    data: Buffer.from(text, 'utf16le').swap16(),
  }));
  const storage = 6 + texts.length * 12;
  const header = Buffer.alloc(storage);
  header.writeUInt16BE(texts.length, 2);
  header.writeUInt16BE(storage, 4);
  let offset = 0;
  texts.forEach(({ id, data }, index) => {
    const record = [3, 1, 0x0409, id, data.length, offset];
    record.forEach((value, part) => {
      header.writeUInt16BE(value, 6 + index * 12 + part * 2);
    });
    offset += data.length;
  });
  return Buffer.concat([header, ...texts.map(({ data }) => data)]);
}

function assemble(
  sfntVersion: number,
  parts: readonly { readonly tag: string; readonly data: Buffer }[],
): Buffer {
  const head = Buffer.alloc(HEADER_BYTES + parts.length * ENTRY_BYTES);
  const power = Math.floor(Math.log2(parts.length));
  head.writeUInt32BE(sfntVersion, 0);
  head.writeUInt16BE(parts.length, 4);
  head.writeUInt16BE(16 * 2 ** power, 6);
  head.writeUInt16BE(power, 8);
  head.writeUInt16BE(16 * (parts.length - 2 ** power), 10);
  let offset = head.length;
  const padded = parts.map(({ tag, data }, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    const block = Buffer.concat([data, Buffer.alloc(-data.length & 3)]);
    head.write(tag, at, 'latin1');
    head.writeUInt32BE(checksum(block), at + 4);
    head.writeUInt32BE(offset, at + 8);
    head.writeUInt32BE(data.length, at + 12);
    offset += block.length;
    return block;
  });
  return Buffer.concat([head, ...padded]);
}

function checksum(block: Buffer): number {
  let sum = 0;
  for (let at = 0; at < block.length; at += 4) sum = (sum + block.readUInt32BE(at)) >>> 0;
  return sum;
}
