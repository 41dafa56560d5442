// SPDX-License-Identifier: Apache-2.0
import { bisect } from '../numeric/bisect.ts';
import { criticalValue } from '../numeric/normal.ts';
import type { Estimate } from './interval.ts';
import type { TwoProportions } from './proportion-ratio.ts';
import { wilson } from './wilson.ts';

/**
 * Difference of proportions, first less second, with the asymptotic score interval of Miettinen & Nurminen, Statistics
 * in Medicine 4 (1985) 213–226: all differences not rejected by the score test with restricted maximum-likelihood
 * variance times N/(N − 1). Undefined where a group is empty.
 */
export function scoreDifference(counts: TwoProportions, level: number): Estimate | undefined {
  const { x1, n1, x2, n2 } = counts;
  if (n1 === 0 || n2 === 0) return undefined;
  const z = criticalValue(level);
  // The statistic falls as the difference rises, so its negation is the increasing function.
  const solve = (target: number) =>
    bisect((difference) => target - scoreStatistic(counts, difference), -1, 1);
  return {
    value: x1 / n1 - x2 / n2,
    interval: { low: solve(z), high: solve(-z), level, method: 'miettinen-nurminen' },
  };
}

/**
 * Difference of proportions with the hybrid of two Wilson intervals: method 10 of Newcombe, "Interval estimation for the
 * difference between independent proportions", Statistics in Medicine 17 (1998) 873–890. Undefined where a group is empty.
 */
export function newcombeDifference(
  { x1, n1, x2, n2 }: TwoProportions,
  level: number,
): Estimate | undefined {
  const first = wilson(x1, n1, level);
  const second = wilson(x2, n2, level);
  if (first?.interval === undefined || second?.interval === undefined) return undefined;
  const value = first.value - second.value;
  const below = Math.hypot(first.value - first.interval.low, second.interval.high - second.value);
  const above = Math.hypot(first.interval.high - first.value, second.value - second.interval.low);
  return {
    value,
    interval: { low: value - below, high: value + above, level, method: 'newcombe' },
  };
}

/** Score statistic of a stated difference: standard normal, in large samples, where it is the true one. */
export function scoreStatistic({ x1, n1, x2, n2 }: TwoProportions, difference: number): number {
  const total = n1 + n2;
  const gap = x1 / n1 - x2 / n2 - difference;
  const [p1, p2] = restricted({ x1, n1, x2, n2 }, difference);
  const variance = ((p1 * (1 - p1)) / n1 + (p2 * (1 - p2)) / n2) * (total / (total - 1));
  if (variance <= 0) return gap === 0 ? 0 : Math.sign(gap) * Number.POSITIVE_INFINITY;
  return gap / Math.sqrt(variance);
}

// Maximum likelihood under p1 − p2 = difference: the closed root of its cubic (Farrington & Manning 1990, appendix).
function restricted(
  { x1, n1, x2, n2 }: TwoProportions,
  difference: number,
): readonly [number, number] {
  const theta = n2 / n1;
  const first = x1 / n1;
  const second = x2 / n2;
  const a = 1 + theta;
  const b = -(1 + theta + first + theta * second + difference * (theta + 2));
  const c = difference * (difference + 2 * first + theta + 1) + first + theta * second;
  const d = -first * difference * (1 + difference);
  const v = (b / (3 * a)) ** 3 - (b * c) / (6 * a * a) + d / (2 * a);
  const root = Math.sqrt(Math.max(0, (b / (3 * a)) ** 2 - c / (3 * a)));
  const u = v < 0 ? -root : root;
  const cosine = u === 0 ? 0 : Math.min(1, Math.max(-1, v / u ** 3));
  const angle = (Math.PI + Math.acos(cosine)) / 3;
  const p1 = clamp(2 * u * Math.cos(angle) - b / (3 * a), Math.max(0, difference), 1);
  return [p1, clamp(p1 - difference, 0, 1)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
