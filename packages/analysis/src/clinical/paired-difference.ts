// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { bisect } from '../numeric/bisect.ts';
import { criticalValue } from '../numeric/normal.ts';

/** The same cases read twice: right by both, by the first alone, by the second alone, by neither. */
export interface PairedCounts {
  readonly both: number;
  readonly first: number;
  readonly second: number;
  readonly neither: number;
}

/**
 * Difference of two paired proportions, first less second, with the score interval of Tango, Statistics in Medicine 17
 * (1998) 891–908: all differences that the score test with restricted maximum-likelihood variance does not reject; at a
 * margin it is the test of non-inferiority. Undefined for no cases.
 */
export function pairedDifference(counts: PairedCounts, level: number): Estimate | undefined {
  const { both, first, second, neither } = counts;
  const n = both + first + second + neither;
  if (n === 0) return undefined;
  const z = criticalValue(level);
  // The statistic falls as the difference rises, so its negation is the increasing function.
  const solve = (target: number) =>
    bisect((difference) => target - scoreStatistic({ first, second, n }, difference), -1, 1);
  return {
    value: (first - second) / n,
    interval: { low: solve(z), high: solve(-z), level, method: 'tango' },
  };
}

function scoreStatistic(
  { first, second, n }: { readonly first: number; readonly second: number; readonly n: number },
  difference: number,
): number {
  const a = 2 * n;
  const b = -first - second + (2 * n - first + second) * difference;
  const c = -second * difference * (1 - difference);
  const root = Math.sqrt(Math.max(0, b * b - 4 * a * c));
  // The larger root, in the form that does not cancel.
  const restricted = b > 0 ? (-2 * c) / (b + root) : (root - b) / (2 * a);
  const variance = n * (2 * restricted + difference * (1 - difference));
  const distance = first - second - n * difference;
  if (!(variance > 0)) return distance === 0 ? 0 : Math.sign(distance) * Number.POSITIVE_INFINITY;
  return distance / Math.sqrt(variance);
}
