// SPDX-License-Identifier: Apache-2.0

const DAY_MS = 86_400_000;

/** Days ahead at which something that lapses is told of. */
export const LAPSE_DAYS = [30, 14, 7, 1] as const;
/** The same of a warrant: the first is that of design.md, section 5, at which the inbox warns too. */
export const WARRANT_DAYS = [60, ...LAPSE_DAYS] as const;
/** The same of work with a date, which its owner has heard of when it was given. */
export const DUE_DAYS = [14, 7, 1] as const;
/** Days past its date at which undone work is told of again. */
const LATE_DAYS = [0, 7, 30] as const;

export interface Mark {
  /** The threshold that was passed last: `30`, `1`, `late`, `late-7`. Part of a notice's key, so that each is told once. */
  readonly name: string;
  readonly urgent: boolean;
  /** `in 6 days, on 2026-12-01 09:00 UTC`, `2 days ago, on …`. */
  readonly when: string;
}

/**
 * Where a date stands among its thresholds, or undefined before the first. Only the last that was passed counts: whoever
 * is told late is not told four times.
 * @param again whether it is told again a week and a month after the date; otherwise it is told of for a week at most
 */
export function markOf(
  due: string,
  now: string,
  at: { readonly days: readonly number[]; readonly again: boolean },
): Mark | undefined {
  const left = Date.parse(due) - Date.parse(now);
  if (!Number.isFinite(left)) return undefined;
  const when = whenText(due, left);
  if (left > 0) {
    const passed = at.days.filter((days) => left <= days * DAY_MS).at(-1);
    return passed === undefined ? undefined : { name: String(passed), urgent: passed <= 1, when };
  }
  const late = LATE_DAYS.filter((days) => -left >= days * DAY_MS).at(-1) ?? 0;
  if (late === 0) return { name: 'late', urgent: true, when };
  return at.again ? { name: `late-${late}`, urgent: false, when } : undefined;
}

function whenText(due: string, left: number): string {
  const at = `on ${due.slice(0, 10)} ${due.slice(11, 16)} UTC`;
  const days = Math.floor(Math.abs(left) / DAY_MS);
  const count = days === 1 ? '1 day' : `${days} days`;
  if (days === 0) return left > 0 ? `within a day, ${at}` : `just now, ${at}`;
  return left > 0 ? `in ${count}, ${at}` : `${count} ago, ${at}`;
}

/** What happened is told of for a week: whoever sets up mail does not get the history of the firm. */
export function isRecent(at: string, now: string): boolean {
  return Date.parse(now) - Date.parse(at) <= 7 * DAY_MS;
}
