// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { compareNumbers, isPermutation } from './number-distance.ts';

test('neighbouring doubles are one unit in the last place apart, across zero as well', () => {
  const next = 1 + Number.EPSILON;
  expect(compareNumbers([1], [next], 'f64')?.distance).toMatchObject({ maxUlp: '1', differing: 1 });
  const least = Number.MIN_VALUE;
  expect(compareNumbers([-least], [least], 'f64')?.distance.maxUlp).toBe('2');
});

test('a unit in the last place of binary32 is counted in binary32', () => {
  const next = Math.fround(1 + 2 ** -23);
  expect(compareNumbers([1], [next], 'f32')?.distance.maxUlp).toBe('1');
  expect(compareNumbers([1], [next], 'f64')?.distance.maxUlp).toBe(String(2 ** 29));
});

test('equal bits are no difference, and zero of another sign is one', () => {
  expect(compareNumbers([1, Number.NaN], [1, Number.NaN], 'f64')).toBeUndefined();
  expect(compareNumbers([0], [-0], 'f64')?.distance).toMatchObject({
    maxAbsolute: '0',
    maxUlp: '0',
  });
});

test('rounding is measured against the largest value, so that a small one may lose all its digits', () => {
  expect(compareNumbers([1e6, 1e-9], [1e6, 2e-9], 'f64')?.nature).toBe('rounding');
  expect(compareNumbers([1, 2], [1.5, 2], 'f64')).toMatchObject({ nature: 'numbers', firstAt: 0 });
});

test('the same numbers at other places are another order', () => {
  expect(compareNumbers([1, 2, 3], [3, 1, 2], 'f64')?.nature).toBe('order');
  expect(isPermutation(['a', 'a', 'b'], ['a', 'b', 'b'])).toBe(false);
});

test('what is not finite is said and not measured', () => {
  const found = compareNumbers([1], [Number.NaN], 'f64');
  expect(found?.distance).toMatchObject({ maxAbsolute: 'not finite', maxUlp: null });
  expect(found?.nature).toBe('numbers');
});
