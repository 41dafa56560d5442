// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { isShorter, later, periodText } from './period.ts';

test.each([
  ['2024-01-31T10:00:00.000Z', { months: 1 }, '2024-02-29T10:00:00.000Z'],
  ['2023-01-31T10:00:00.000Z', { months: 1 }, '2023-02-28T10:00:00.000Z'],
  ['2024-02-29T00:00:00.000Z', { years: 1 }, '2025-02-28T00:00:00.000Z'],
  ['2024-02-29T00:00:00.000Z', { years: 4 }, '2028-02-29T00:00:00.000Z'],
  ['2026-11-15T12:30:00.500Z', { months: 25 }, '2028-12-15T12:30:00.500Z'],
  ['2026-12-31T23:59:59.999Z', { days: 1 }, '2027-01-01T23:59:59.999Z'],
  ['2026-03-01T00:00:00.000Z', { years: 1, months: 1, days: 1 }, '2027-04-02T00:00:00.000Z'],
])('%s and %j is %s', (from, period, until) => {
  expect(later(from, period)).toBe(until);
});

test('a period is shorter when it ends earlier from any day of a leap cycle', () => {
  expect(isShorter({ months: 25 }, { months: 25 })).toBe(false);
  expect(isShorter({ days: 365 }, { years: 1 })).toBe(true);
  expect(isShorter({ days: 366 }, { years: 1 })).toBe(false);
  expect(isShorter({ months: 24 }, { years: 2 })).toBe(false);
});

test('a period is said in words', () => {
  expect(periodText({ years: 1, months: 2 })).toBe('1 year 2 months');
  expect(periodText({ days: 0 })).toBe('at once');
});
