// SPDX-License-Identifier: Apache-2.0

/** Hours of the day, in a named zone, in which the machine may do what nobody waits for. */
export interface OffPeak {
  /** First hour, 0 to 23. */
  readonly from: number;
  /** First hour no longer in it; at or before `from` it lies in the next day. */
  readonly to: number;
  /** IANA name. */
  readonly zone: string;
}

export const OFF_PEAK_DEFAULT: OffPeak = { from: 1, to: 5, zone: 'UTC' };

/** Whether an instant lies in the hours. @throws RangeError for a zone that is none */
export function isOffPeak(now: string, { from, to, zone }: OffPeak): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  });
  const hour = Number(clock.format(new Date(now)));
  return from < to ? hour >= from && hour < to : hour >= from || hour < to;
}

/** What was done or tried in a night is done again in the next one: no night is as long, and two begin no nearer. */
export const NEXT_NIGHT_MS = 20 * 3_600_000;
