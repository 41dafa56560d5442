// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { sumOver } from '../numeric/sum.ts';
import { influenceEstimate, weightedMean } from './influence.ts';
import type { Estimates } from './read-estimates.ts';

/** Mean of predicted less actual: above 0 where predictions are too high. */
export function bias(rows: Estimates, level: number): Estimate {
  const mean = weightedMean(rows.weights, (row) => rows.predicted[row]! - rows.actual[row]!);
  return influenceEstimate(mean, { level, units: rows.units });
}

export function meanAbsoluteError(rows: Estimates, level: number): Estimate {
  const mean = weightedMean(rows.weights, (row) =>
    Math.abs(rows.predicted[row]! - rows.actual[row]!),
  );
  return influenceEstimate(mean, { level, units: rows.units, low: 0 });
}

/** Root of the mean squared error; the interval is the root of that mean's. */
export function rootMeanSquaredError(rows: Estimates, level: number): Estimate {
  const { value, interval } = influenceEstimate(squaredError(rows), {
    level,
    units: rows.units,
    low: 0,
  });
  if (interval === undefined) return { value: Math.sqrt(value) };
  return {
    value: Math.sqrt(value),
    interval: { ...interval, low: Math.sqrt(interval.low), high: Math.sqrt(interval.high) },
  };
}

/**
 * Share of the variance of actual numbers that predictions explain, 1 − MSE/variance; below 0 where the mean does better.
 * The interval is by the delta method over both moments. Undefined where all actual numbers are equal.
 */
export function rSquared(rows: Estimates, level: number): Estimate | undefined {
  const error = squaredError(rows);
  const mean = weightedMean(rows.weights, (row) => rows.actual[row]!).value;
  const spread = weightedMean(rows.weights, (row) => (rows.actual[row]! - mean) ** 2);
  if (!(spread.value > 0)) return undefined;
  const share = error.value / spread.value;
  const pulls = error.pulls.map((pull, row) => -(pull - share * spread.pulls[row]!) / spread.value);
  return influenceEstimate({ value: 1 - share, pulls }, { level, units: rows.units, high: 1 });
}

/** Mean of |predicted − actual| / |actual|. Undefined where any actual number is 0. */
export function meanAbsolutePercentageError(rows: Estimates, level: number): Estimate | undefined {
  if (rows.actual.includes(0)) return undefined;
  const mean = weightedMean(rows.weights, (row) =>
    Math.abs((rows.predicted[row]! - rows.actual[row]!) / rows.actual[row]!),
  );
  return influenceEstimate(mean, { level, units: rows.units, low: 0 });
}

/** Sum of weights. */
export function weightOf({ weights }: Pick<Estimates, 'weights'>): number {
  return sumOver(weights.length, (row) => weights[row]!);
}

function squaredError(rows: Estimates) {
  return weightedMean(rows.weights, (row) => (rows.predicted[row]! - rows.actual[row]!) ** 2);
}
