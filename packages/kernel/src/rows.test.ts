// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../tests/property-seed.ts';
import { fromHex, toHex } from './bytes.ts';
import { decodeRow, encodeRow, type RowField, type RowValue } from './rows.ts';

const one = (value: RowValue): RowField[] => [{ name: 'x', value }];
/** Version, one field, name `x`. */
const head = '010000000100000001' + '78';

const nan64 = fc
  .tuple(fc.boolean(), fc.bigInt({ min: 1n, max: 2n ** 52n - 1n }))
  .map(([sign, payload]) => (sign ? 1n << 63n : 0n) | 0x7ff0000000000000n | payload)
  .filter((bits) => bits !== 0x7ff8000000000000n);
const nan32 = fc
  .tuple(fc.boolean(), fc.integer({ min: 1, max: 2 ** 23 - 1 }))
  .map(([sign, payload]) => ((sign ? 0x80000000 : 0) | 0x7f800000 | payload) >>> 0)
  .filter((bits) => bits !== 0x7fc00000);
const text = fc.string({ unit: 'binary' }).filter((one) => one.isWellFormed());

const value: fc.Arbitrary<RowValue> = fc.oneof(
  fc.constantFrom(null, true, false),
  text,
  fc.double().map((f64) => ({ f64 })),
  fc.float().map((f32) => ({ f32 })),
  nan64.map((f64Bits) => ({ f64Bits })),
  nan32.map((f32Bits) => ({ f32Bits })),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((i64) => ({ i64 })),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ bytes })),
);
const row = fc.uniqueArray(fc.record({ name: text, value }, { noNullPrototype: true }), {
  selector: (field) => field.name,
});

describe('a row', () => {
  it('reads back exactly: types, order, -0 and every NaN', () => {
    fc.assert(
      fc.property(row, (fields) => {
        const bytes = encodeRow(fields);
        // toStrictEqual tells -0 from 0 and holds NaN equal to NaN.
        expect(decodeRow(bytes)).toStrictEqual(fields);
        expect(encodeRow(decodeRow(bytes))).toEqual(bytes);
      }),
      { seed, numRuns: 1000 },
    );
  });

  it('has no other encoding: what decodes is what is written', () => {
    const sample = encodeRow([
      { name: 'a', value: { f64: 1.5 } },
      { name: 'b', value: 'text' },
      { name: 'c', value: { f32: -0 } },
      { name: 'd', value: null },
    ]);
    fc.assert(
      fc.property(fc.nat(sample.length - 1), fc.nat(255), (at, byte) => {
        const changed = sample.with(at, byte);
        const fields = attempt(() => decodeRow(changed));
        if (fields !== undefined) expect(encodeRow(fields)).toEqual(changed);
      }),
      { seed, numRuns: 3000 },
    );
  });

  it.each<[string, RowValue, string]>([
    ['null', null, '00'],
    ['false', false, '01'],
    ['true', true, '02'],
    ['text', 'é', '0300000002c3a9'],
    ['a double', { f64: 1.5 }, '043ff8000000000000'],
    ['a double of -0', { f64: -0 }, '048000000000000000'],
    ['the ordinary NaN', { f64: Number.NaN }, '047ff8000000000000'],
    ['another NaN', { f64Bits: 0xfff0000000000001n }, '04fff0000000000001'],
    ['a float', { f32: 0.5 }, '053f000000'],
    ['the ordinary float NaN', { f32: Number.NaN }, '057fc00000'],
    ['a signalling float NaN', { f32Bits: 0x7f800001 }, '057f800001'],
    ['infinity', { f64: Number.NEGATIVE_INFINITY }, '04fff0000000000000'],
    ['an integer', { i64: -2n }, '06fffffffffffffffe'],
    ['bytes', { bytes: Uint8Array.of(1, 2) }, '07000000020102'],
  ])('writes %s as known bytes', (_, given, encoded) => {
    expect(toHex(encodeRow(one(given)))).toBe(head + encoded);
    expect(decodeRow(fromHex(head + encoded))).toStrictEqual(one(given));
  });

  it('may have no field', () => {
    expect(toHex(encodeRow([]))).toBe('0100000000');
    expect(decodeRow(fromHex('0100000000'))).toEqual([]);
  });

  it('tells the same number apart by its type', () => {
    const encodings = [{ f64: 1 }, { f32: 1 }, { i64: 1n }, '1', true].map((v) =>
      toHex(encodeRow(one(v))),
    );
    expect(new Set(encodings).size).toBe(5);
  });

  it.each<[string, unknown]>([
    ['a float that binary32 cannot hold', { f32: 0.1 }],
    ['an integer of 64 bits without sign', { i64: 2n ** 63n }],
    ['a lone surrogate', '\ud800'],
    ['bits of a number', { f64Bits: 0x3ff0000000000000n }],
    ['bits of infinity', { f64Bits: 0x7ff0000000000000n }],
    ['bits of the ordinary NaN', { f64Bits: 0x7ff8000000000000n }],
    ['bits beyond 64', { f64Bits: 1n << 64n }],
    ['float bits of a number', { f32Bits: 0x3f800000 }],
    ['float bits of the ordinary NaN', { f32Bits: 0x7fc00000 }],
    ['float bits with a sign', { f32Bits: -1 }],
    ['an unknown type', { u8: 1 }],
  ])('is not written with %s', (_, wrong) => {
    expect(() => encodeRow(one(wrong as RowValue))).toThrow(
      expect.objectContaining({ code: 'bad_row', message: expect.stringContaining('`x`') }),
    );
  });

  it('is not written with a repeated or ill-formed name, or too many fields', () => {
    const twice = [...one(1 > 0), ...one(null)];
    expect(() => encodeRow(twice)).toThrow('field `x` is repeated');
    expect(() => encodeRow([{ name: '\udc00', value: null }])).toThrow('lone surrogate');
    const many = Array.from({ length: 65_537 }, (_, i) => ({ name: String(i), value: null }));
    expect(() => encodeRow(many)).toThrow('over 65536 fields');
    expect(() => encodeRow(one({ bytes: new Uint8Array(16 * 1024 * 1024) }))).toThrow(
      'over 16777216 bytes',
    );
  });

  it.each([
    ['nothing', ''],
    ['another version', '0200000000'],
    ['a count cut short', '01000000'],
    ['a field that is missing', '0100000001'],
    ['a count beyond the bytes', '01000000ff'],
    ['a count beyond any', '01ffffffff'],
    ['a name longer than the row', '0100000001ffffffff'],
    ['a name that is not UTF-8', '010000000100000001ff00'],
    ['a text that is not UTF-8', `${head}0300000001ff`],
    ['an unknown tag', `${head}08`],
    ['no tag', head],
    ['a double cut short', `${head}043ff80000000000`],
    ['bytes cut short', `${head}070000000301`],
    ['bytes after the last field', `${head}0000`],
    ['a repeated name', '0100000002' + '000000017800' + '000000017800'],
  ])('is refused with %s', (_, hex) => {
    expect(() => decodeRow(fromHex(hex))).toThrow(expect.objectContaining({ code: 'bad_row' }));
  });

  it('is read from a view into larger bytes', () => {
    const bytes = encodeRow(one({ f64: 2.5 }));
    const within = new Uint8Array(bytes.length + 9);
    within.set(bytes, 4);
    expect(decodeRow(within.subarray(4, 4 + bytes.length))).toEqual(one({ f64: 2.5 }));
    expect(() => decodeRow(new Uint8Array(16 * 1024 * 1024 + 1))).toThrow('over 16777216 bytes');
  });
});

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
