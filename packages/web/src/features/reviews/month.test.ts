// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { neighbour, weeksOf } from './month.ts';

test('a month is whole weeks from Monday', () => {
  const weeks = weeksOf('2026-11');
  expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7, 7]);
  // 1 November 2026 is a Sunday.
  expect(weeks[0]?.map(({ day }) => day).at(0)).toBe('2026-10-26');
  expect(weeks[0]?.at(-1)).toEqual({ day: '2026-11-01', isInMonth: true });
  expect(weeks.flat().filter(({ isInMonth }) => isInMonth)).toHaveLength(30);
  // 1 February 2027 is a Monday of a month of four weeks.
  expect(weeksOf('2027-02')).toHaveLength(4);
});

test('months follow each other across years', () => {
  expect(neighbour('2026-12', 1)).toBe('2027-01');
  expect(neighbour('2026-01', -1)).toBe('2025-12');
});
