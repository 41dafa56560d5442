// SPDX-License-Identifier: Apache-2.0

/** A length of time in the calendar; members add up. */
export interface Period {
  readonly years?: number;
  readonly months?: number;
  readonly days?: number;
}

const DAY_MS = 86_400_000;

/** A time later by a period, in UTC: a month ends with its last day (31 January + 1 month is 28 or 29 February). */
export function later(time: string, period: Period): string {
  const from = new Date(time);
  const months = (period.years ?? 0) * 12 + (period.months ?? 0);
  const first = new Date(from);
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() + months);
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0));
  first.setUTCDate(Math.min(from.getUTCDate(), lastDay.getUTCDate()));
  return new Date(first.getTime() + (period.days ?? 0) * DAY_MS).toISOString();
}

export function periodText({ years = 0, months = 0, days = 0 }: Period): string {
  const parts = [
    [years, 'year'],
    [months, 'month'],
    [days, 'day'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}${n === 1 ? '' : 's'}`);
  return said.length === 0 ? 'at once' : said.join(' ');
}

/**
 * Whether a period ends before another one from some day of a leap cycle. Months differ in length and end on different
 * days; any day up to the 28th fares as the 1st does.
 */
export function isShorter(period: Period, floor: Period): boolean {
  return STARTS.some((start) => later(start, period) < later(start, floor));
}

const STARTS: readonly string[] = Array.from({ length: 48 }, (_, month) =>
  [1, 29, 30, 31].map((day) => new Date(Date.UTC(2024, month, day)).toISOString()),
).flat();
