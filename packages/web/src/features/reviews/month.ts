// SPDX-License-Identifier: Apache-2.0

/** Six weeks hold any month. */
const WEEKS = 6;

export interface CalendarDay {
  /** `2026-11-23`. */
  readonly day: string;
  readonly isInMonth: boolean;
}

/** Weeks of a month (`2026-11`), each from Monday (ISO 8601), with the days of its neighbours that fill them. */
export function weeksOf(month: string): readonly (readonly CalendarDay[])[] {
  const first = new Date(`${month}-01T00:00:00.000Z`);
  const before = (first.getUTCDay() + 6) % 7;
  const weeks = Array.from({ length: WEEKS }, (_, week) =>
    Array.from({ length: 7 }, (_unused, place) => {
      const at = new Date(first);
      at.setUTCDate(1 - before + week * 7 + place);
      const day = at.toISOString().slice(0, 10);
      return { day, isInMonth: day.startsWith(month) };
    }),
  );
  return weeks.filter((week) => week.some(({ isInMonth }) => isInMonth));
}

export function neighbour(month: string, step: 1 | -1): string {
  const at = new Date(`${month}-01T00:00:00.000Z`);
  at.setUTCMonth(at.getUTCMonth() + step);
  return at.toISOString().slice(0, 7);
}

/** The reader's calendar day of a moment. */
export function dayOf(at: string): string {
  const moment = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}
