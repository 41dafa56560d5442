// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';

const DAYS_PER_YEAR = 365.25;
const DAYS: Readonly<Record<string, number>> = {
  d: 1,
  w: 7,
  m: DAYS_PER_YEAR / 12,
  y: DAYS_PER_YEAR,
};
const ALPHA_DEFAULT = 0.01;
const ALPHA_MAX = 0.05;

export interface AlarmPlan {
  /** Expected false alarms a year over all columns, as decimal text. */
  readonly falseAlarmsPerYear?: string | undefined;
  /** Length of a window such as `30d`. */
  readonly window?: string | undefined;
  /** Columns watched. */
  readonly columns: number;
}

/**
 * The chance of a false alarm allowed to one column in one window, such that the plan's yearly number is expected over
 * all of them; at most 0.05, and 0.01 where the plan states no number.
 */
export function alarmLevel({ falseAlarmsPerYear, window, columns }: AlarmPlan): number {
  if (falseAlarmsPerYear === undefined || columns === 0) return ALPHA_DEFAULT;
  const windowsPerYear = DAYS_PER_YEAR / windowDays(window ?? '30d');
  return Math.min(ALPHA_MAX, Number(falseAlarmsPerYear) / (columns * windowsPerYear));
}

function windowDays(window: string): number {
  const [, count, unit] = /^(\d{1,4})([dwmy])$/.exec(window) ?? [];
  const days = Number(count) * (DAYS[unit ?? ''] ?? Number.NaN);
  if (days > 0) return days;
  throw new AnalysisError('plan_invalid', `window \`${window}\` is not a length such as \`30d\``, {
    details: { field: 'monitoring.window' },
  });
}
