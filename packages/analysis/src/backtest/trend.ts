// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';

/** A figure of one period. */
export interface PeriodFigure {
  /** Number of the period: gaps between periods count. */
  readonly index: number;
  readonly estimate: Estimate;
}

// Two points have a line through them whatever happened.
const PERIODS_MIN = 3;

/**
 * Change of a figure from one period to the next: weighted least squares on the number of the period, each period weighted
 * by the inverse square of its standard error as its interval tells it (fixed-effect meta-regression; Thompson & Sharp,
 * Statistics in Medicine 18 (1999) 2693–2708). Undefined for fewer than three periods that have an interval.
 */
export function trendOf(figures: readonly PeriodFigure[], level: number): Estimate | undefined {
  const points = figures.flatMap(({ index, estimate: { value, interval } }) => {
    if (interval === undefined) return [];
    const error = (interval.high - interval.low) / (2 * criticalValue(interval.level));
    return error > 0 ? [{ index, value, weight: 1 / error ** 2 }] : [];
  });
  if (points.length < PERIODS_MIN) return undefined;
  const sum = (term: (point: (typeof points)[number]) => number) =>
    sumOver(points.length, (at) => term(points[at]!));
  const total = sum(({ weight }) => weight);
  const middle = sum(({ weight, index }) => weight * index) / total;
  const spread = sum(({ weight, index }) => weight * (index - middle) ** 2);
  if (!(spread > 0)) return undefined;
  const slope = sum(({ weight, index, value }) => weight * (index - middle) * value) / spread;
  const half = criticalValue(level) / Math.sqrt(spread);
  return {
    value: slope,
    interval: { low: slope - half, high: slope + half, level, method: 'wald' },
  };
}
