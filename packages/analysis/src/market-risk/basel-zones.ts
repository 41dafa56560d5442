// SPDX-License-Identifier: Apache-2.0
import { binomialCdf } from '../numeric/beta.ts';

export type BaselZone = 'green' | 'yellow' | 'red';

export interface BaselResult {
  readonly zone: BaselZone;
  /** Chance of this many exceptions or fewer under a right model. */
  readonly cumulative: number;
  /** Multiplier of MAR32.9 (2023), and that of the 1996 framework (3 plus its add-on): of 250 days at 99 % alone. */
  readonly multipliers?: { readonly mar32: string; readonly framework1996: string };
}

const YELLOW_FROM = 0.95;
const RED_FROM = 0.9999;
const STANDARD = { days: 250, tail: 0.01 } as const;

// MAR32.9 table 1, and table 2 of the supervisory framework of January 1996, for 0, 1, … 10 and more exceptions.
const MAR32 = [
  ...['1.5', '1.5', '1.5', '1.5', '1.5'],
  ...['1.7', '1.76', '1.83', '1.88', '1.92', '2'],
] as const;
const FRAMEWORK_1996 = [
  ...['3', '3', '3', '3', '3'],
  ...['3.4', '3.5', '3.65', '3.75', '3.85', '4'],
] as const;

/**
 * Traffic light of a count of exceptions: yellow where the binomial distribution gives it or fewer with 95 % or more, red
 * from 99.99 %. Basel Committee, "Supervisory framework for the use of 'backtesting'" (January 1996); MAR32.
 */
export function baselZone(exceptions: number, days: number, tail: number): BaselResult {
  const cumulative = binomialCdf(exceptions, days, tail);
  const isStandard = days === STANDARD.days && Math.abs(tail - STANDARD.tail) < 1e-12;
  const place = Math.min(exceptions, MAR32.length - 1);
  return {
    zone: zoneOf(cumulative),
    cumulative,
    ...(isStandard
      ? { multipliers: { mar32: MAR32[place]!, framework1996: FRAMEWORK_1996[place]! } }
      : {}),
  };
}

function zoneOf(cumulative: number): BaselZone {
  if (cumulative >= RED_FROM) return 'red';
  return cumulative >= YELLOW_FROM ? 'yellow' : 'green';
}
