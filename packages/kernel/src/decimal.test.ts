// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seed } from '../tests/property-seed.ts';
import { canonicalDecimal, exactDecimal, parseDecimal } from './decimal.ts';

describe('a measured value', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [1, '1'],
    [-1.5, '-1.5'],
    [0.1 + 0.2, '0.3'],
    [1 / 3, '0.333333333333'],
    [2 / 3, '0.666666666667'],
    [-2 / 3, '-0.666666666667'],
    [Math.PI, '3.14159265359'],
    [100 / 3, '33.3333333333'],
    [0.999999999999499, '0.999999999999'],
    [0.9999999999996, '1'],
    [123456789012345, '123456789012000'],
    [1e21, '1e21'],
    [1.5e-7, '1.5e-7'],
    [0.000001, '0.000001'],
    [1.23456789012345e-300, '1.23456789012e-300'],
    [Number.MAX_VALUE, '1.79769313486e308'],
    [5e-324, '5e-324'],
  ])('%d is written as %s', (n, text) => {
    expect(canonicalDecimal(n)).toBe(text);
  });

  it('hides a difference in the last bit, away from a rounding boundary', () => {
    expect(canonicalDecimal(0.7320508075688772)).toBe(canonicalDecimal(0.7320508075688773));
  });

  it('has at most 12 significant digits, is within half a unit of the 12th, and is its own canonical form', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
        const text = canonicalDecimal(n);
        const read = parseDecimal(text);
        const digits = text
          .replace(/e.*/, '')
          .replace(/[-.]/g, '')
          .replace(/^0+|0+$/g, '');
        expect(digits.length).toBeLessThanOrEqual(12);
        expect(canonicalDecimal(read)).toBe(text);
        if (Math.abs(n) > 1e-290)
          expect(Math.abs(read - n)).toBeLessThanOrEqual(Math.abs(n) * 5.1e-12);
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('can have fewer digits when asked', () => {
    expect(canonicalDecimal(Math.PI, 3)).toBe('3.14');
    for (const digits of [0, 16, 2.5]) {
      expect(() => canonicalDecimal(1, digits)).toThrow(
        expect.objectContaining({ code: 'bad_decimal' }),
      );
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    '%d has no text',
    (n) => {
      expect(() => canonicalDecimal(n)).toThrow(expect.objectContaining({ code: 'bad_decimal' }));
      expect(() => exactDecimal(n)).toThrow(expect.objectContaining({ code: 'bad_decimal' }));
    },
  );
});

describe('an exact value', () => {
  it.each([
    [0.1, '0.1'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e20, '100000000000000000000'],
    [1e21, '1e21'],
    [-1e-7, '-1e-7'],
    [2 ** 53, '9007199254740992'],
  ])('%d is written as %s', (n, text) => {
    expect(exactDecimal(n)).toBe(text);
  });

  it('reads back as the same bits, but for the sign of zero', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
        expect(Object.is(parseDecimal(exactDecimal(n)), n === 0 ? 0 : n)).toBe(true);
      }),
      { seed, numRuns: 2000 },
    );
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '01',
    '1.0',
    '1.50',
    '.5',
    '5.',
    '-0',
    '1e+21',
    '1E21',
    '1e2',
    '0x10',
    'NaN',
    'Infinity',
    '1e400',
    '1_000',
    '٣',
  ])('`%s` is not a canonical decimal', (text) => {
    expect(() => parseDecimal(text)).toThrow(expect.objectContaining({ code: 'bad_decimal' }));
  });

  it('another spelling is refused with the right one', () => {
    expect(() => parseDecimal('0.50')).toThrow('write `0.5`');
  });
});
