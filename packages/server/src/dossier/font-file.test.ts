// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { readFontFile, withFamilyName } from './font-file.ts';
import { bundledFonts } from './fonts.ts';

const path = '@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf';
const font = readFontFile(readFileSync(createRequire(import.meta.url).resolve(path)));

test('a face tells its glyphs and their widths', () => {
  expect(font.unitsPerEm).toBe(1000);
  // Advance widths as Adobe's Source Sans 3 has them: space 200, digits of one width 497.
  expect(font.advanceOf(font.glyphOf(0x20))).toBe(200);
  const digits = [...'0123456789'].map((char) => font.advanceOf(font.glyphOf(char.charCodeAt(0))));
  expect(new Set(digits)).toEqual(new Set([497]));
  expect(font.glyphOf(0x65e5)).toBe(0);
});

test('renaming the family keeps every other table byte for byte', () => {
  const renamed = readFontFile(withFamilyName(font, 'Another Name'));
  expect(renamed.bytes.includes(Buffer.from('Another Name', 'utf16le').swap16())).toBe(true);
  const tables = (bytes: Buffer) =>
    new Map(
      Array.from({ length: bytes.readUInt16BE(4) }, (_, index) => {
        const at = 12 + index * 16;
        const [offset, length] = [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)];
        return [bytes.toString('latin1', at, at + 4), bytes.subarray(offset, offset + length)];
      }),
    );
  const [before, after] = [tables(font.bytes), tables(renamed.bytes)];
  expect([...after.keys()]).toEqual([...before.keys()]);
  for (const [tag, bytes] of before) {
    if (tag !== 'name') expect(after.get(tag)?.equals(bytes)).toBe(true);
  }
});

test('width of a text grows with its size and letters', () => {
  const { sansWidth } = bundledFonts();
  expect(sansWidth('  ', 10)).toBeCloseTo(4, 6);
  expect(sansWidth('00', 20)).toBeCloseTo(19.88, 6);
});

test('a file that is no font is refused', () => {
  expect(() => readFontFile(Buffer.from('not a font at all, far too short'))).toThrow(RangeError);
});
