// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { digestDay } from './digest-day.ts';
import { LAPSE_DAYS, markOf } from './thresholds.ts';

const NOW = Date.parse('2026-06-15T12:00:00.000Z');
const DAY_MS = 86_400_000;
const at = (days: number) => new Date(NOW + days * DAY_MS).toISOString();
const mark = (days: number, again = true) =>
  markOf(at(days), new Date(NOW).toISOString(), { days: LAPSE_DAYS, again });

describe('a date', () => {
  test.each([
    [31, undefined],
    [30, '30'],
    [14.5, '30'],
    [14, '14'],
    [7, '7'],
    [2, '7'],
    [1, '1'],
    [0.01, '1'],
    [0, 'late'],
    [-6.9, 'late'],
    [-7, 'late-7'],
    [-30, 'late-30'],
    [-400, 'late-30'],
  ])('%f days ahead has passed the threshold %s', (days, name) => {
    expect(mark(days)?.name).toBe(name);
  });

  test('is urgent within a day and in the week after, and not a month later', () => {
    expect([7, 1, 0, -6, -8].map((days) => mark(days)?.urgent)).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });

  test('of something that merely ran out is told of for a week', () => {
    expect(mark(-6, false)?.name).toBe('late');
    expect(mark(-7, false)).toBeUndefined();
  });

  test('that cannot be read passes nothing', () => {
    expect(markOf('soon', at(0), { days: LAPSE_DAYS, again: true })).toBeUndefined();
  });
});

describe('the day of a digest', () => {
  const vienna = { at: '07:00', zone: 'Europe/Vienna' };
  test.each([
    ['2026-06-15T04:59:00.000Z', '2026-06-14'],
    ['2026-06-15T05:00:00.000Z', '2026-06-15'],
    ['2026-12-15T05:59:00.000Z', '2026-12-14'],
    ['2026-12-15T06:00:00.000Z', '2026-12-15'],
  ])('at %s in Vienna is %s, summer time and winter time', (now, day) => {
    expect(digestDay(now, vienna)).toBe(day);
  });

  test('begins at the hour after a time of day that a clock change leaves out', () => {
    const skipped = { at: '02:30', zone: 'Europe/Vienna' };
    expect(digestDay('2026-03-29T00:59:00.000Z', skipped)).toBe('2026-03-28');
    expect(digestDay('2026-03-29T01:00:00.000Z', skipped)).toBe('2026-03-29');
  });
});
