// SPDX-License-Identifier: Apache-2.0
import { bisect } from '../numeric/bisect.ts';
import { criticalValue } from '../numeric/normal.ts';
import type { Estimate } from './interval.ts';

/** Two independent proportions: `x1` of `n1` against `x2` of `n2`. */
export interface TwoProportions {
  readonly x1: number;
  readonly n1: number;
  readonly x2: number;
  readonly n2: number;
}

// Ratios beyond e^±40 are not told apart from zero and infinity.
const LOG_RATIO_MAX = 40;

/**
 * Ratio of proportions with the asymptotic score interval of Miettinen & Nurminen, "Comparative analysis of two
 * rates", Statistics in Medicine 4 (1985) 213–226: all ratios not rejected by the score test with restricted
 * maximum-likelihood variance times N/(N − 1). Undefined where the ratio is 0/0 or a group is empty.
 */
export function scoreRatio(counts: TwoProportions, level: number): Estimate | undefined {
  const { x1, n1, x2, n2 } = counts;
  if (n1 === 0 || n2 === 0 || (x1 === 0 && x2 === 0)) return undefined;
  const z = criticalValue(level);
  // The statistic falls as the ratio rises, so its negation is the increasing function.
  const solve = (target: number) =>
    Math.exp(
      bisect(
        (log) => target - scoreStatistic(counts, Math.exp(log)),
        -LOG_RATIO_MAX,
        LOG_RATIO_MAX,
      ),
    );
  const low = x1 === 0 ? 0 : solve(z);
  const high = x2 === 0 ? Number.POSITIVE_INFINITY : solve(-z);
  const value = x2 === 0 ? Number.POSITIVE_INFINITY : x1 / n1 / (x2 / n2);
  return { value, interval: { low, high, level, method: 'miettinen-nurminen' } };
}

/** Ratio of proportions with Katz's log interval (Katz et al. 1978). Undefined when either count is zero. */
export function katzRatio(counts: TwoProportions, level: number): Estimate | undefined {
  const { x1, n1, x2, n2 } = counts;
  if (x1 === 0 || x2 === 0) return undefined;
  const value = x1 / n1 / (x2 / n2);
  const half = criticalValue(level) * Math.sqrt(1 / x1 - 1 / n1 + 1 / x2 - 1 / n2);
  return {
    value,
    interval: { low: value * Math.exp(-half), high: value * Math.exp(half), level, method: 'katz' },
  };
}

function scoreStatistic(counts: TwoProportions, ratio: number): number {
  const { x1, n1, x2, n2 } = counts;
  const total = n1 + n2;
  const a = total * ratio;
  const b = -(n1 * ratio + x1 + n2 + x2 * ratio);
  const c = x1 + x2;
  const root = Math.sqrt(Math.max(0, b * b - 4 * a * c));
  // The smaller root, in the form that does not cancel.
  const p2 = Math.min(1, (2 * c) / (-b + root));
  const p1 = Math.min(1, ratio * p2);
  const variance =
    ((p1 * (1 - p1)) / n1 + (ratio * ratio * p2 * (1 - p2)) / n2) * (total / (total - 1));
  const difference = x1 / n1 - ratio * (x2 / n2);
  if (variance <= 0) return difference === 0 ? 0 : Math.sign(difference) * Number.POSITIVE_INFINITY;
  return difference / Math.sqrt(variance);
}
