// SPDX-License-Identifier: Apache-2.0

export interface DigestTime {
  /** `07:00` */
  readonly at: string;
  /** IANA name. */
  readonly zone: string;
}

export const DIGEST_DEFAULT: DigestTime = { at: '07:00', zone: 'UTC' };

const DAY_MS = 86_400_000;

/**
 * The day whose digest is due at a time, as the zone's calendar says it: today once the time of day has come, else
 * yesterday. Where a clock is put forward over that time of day, the digest comes with the next minute there is.
 */
export function digestDay(now: string, { at, zone }: DigestTime): string {
  const today = wallTime(Date.parse(now), zone);
  return today.time >= at ? today.day : wallTime(Date.parse(now) - DAY_MS, zone).day;
}

function wallTime(ms: number, timeZone: string): { readonly day: string; readonly time: string } {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(ms);
  const of = (type: Intl.DateTimeFormatPartTypes): string =>
    parts.find((one) => one.type === type)?.value ?? '';
  return {
    day: `${of('year')}-${of('month')}-${of('day')}`,
    time: `${of('hour')}:${of('minute')}`,
  };
}
