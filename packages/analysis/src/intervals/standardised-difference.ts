// SPDX-License-Identifier: Apache-2.0
import { logGamma } from '../numeric/gamma.ts';
import { criticalValue } from '../numeric/normal.ts';
import type { Estimate } from './interval.ts';

/** Count, mean and sample variance (divisor n − 1) of one group. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * Standardised mean difference, first minus second, over the pooled standard deviation, with Hedges' exact small-sample
 * correction (Hedges 1981) and the large-sample interval of Hedges & Olkin (1985, ch. 5). Undefined when a group has
 * fewer than two rows or nothing varies.
 */
export function standardisedDifference(
  first: Moments,
  second: Moments,
  level: number,
): Estimate | undefined {
  const degrees = first.n + second.n - 2;
  if (first.n < 2 || second.n < 2) return undefined;
  const pooled = ((first.n - 1) * first.variance + (second.n - 1) * second.variance) / degrees;
  if (pooled <= 0) return undefined;
  const correction = Math.exp(
    logGamma(degrees / 2) - logGamma((degrees - 1) / 2) - 0.5 * Math.log(degrees / 2),
  );
  const value = (correction * (first.mean - second.mean)) / Math.sqrt(pooled);
  const total = first.n + second.n;
  const variance = total / (first.n * second.n) + (value * value) / (2 * total);
  const half = criticalValue(level) * Math.sqrt(variance);
  return {
    value,
    interval: { low: value - half, high: value + half, level, method: 'hedges-olkin' },
  };
}
