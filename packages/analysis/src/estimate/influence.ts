// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';

/** A figure with what each row adds to its error. */
export interface Influenced {
  readonly value: number;
  /** The row's weight times its influence, over the sum of weights: the figure's error is the sum of these. */
  readonly pulls: Float64Array;
}

export interface InfluenceOptions {
  readonly level: number;
  /** Place of each row's unit, from 1: rows of one unit are taken as one draw. */
  readonly units?: Float64Array | undefined;
  /** `log`: the interval is symmetric in the logarithm, for ratios of positive figures. */
  readonly scale?: 'plain' | 'log';
  readonly low?: number;
  readonly high?: number;
}

/**
 * Standard error from influence values: the infinitesimal jackknife (Jaeckel 1972; Efron 1982), summed within units where
 * there are any (Liang & Zeger 1986). Undefined for fewer than two draws.
 */
export function standardError(pulls: Float64Array, units?: Float64Array): number | undefined {
  const draws = units === undefined ? pulls : sumsByUnit(pulls, units);
  const n = draws.length;
  if (n < 2) return undefined;
  return Math.sqrt((n / (n - 1)) * sumOver(n, (index) => draws[index]! ** 2));
}

/** The figure with a normal interval by the delta method; without interval where its variance is zero. */
export function influenceEstimate(
  { value, pulls }: Influenced,
  { level, units, scale, low, high }: InfluenceOptions,
): Estimate {
  const error = standardError(pulls, units);
  if (error === undefined || !(error > 0) || !Number.isFinite(error)) return { value };
  const half = criticalValue(level) * error;
  const isLog = scale === 'log' && value > 0;
  const [from, to] = isLog
    ? [value * Math.exp(-half / value), value * Math.exp(half / value)]
    : [value - half, value + half];
  const draws = units === undefined ? '' : ', clustered by unit';
  return {
    value,
    interval: {
      low: Math.max(low ?? Number.NEGATIVE_INFINITY, from),
      high: Math.min(high ?? Number.POSITIVE_INFINITY, to),
      level,
      method: `${isLog ? 'delta of the logarithm' : 'delta'}${draws}`,
    },
  };
}

/** A weighted mean of `term` with its influence. */
export function weightedMean(
  weights: Float64Array,
  term: (index: number) => number,
): Influenced & { readonly total: number } {
  const terms = weights.map((_, index) => term(index));
  const total = sumOver(weights.length, (index) => weights[index]!);
  const value = sumOver(terms.length, (index) => weights[index]! * terms[index]!) / total;
  const pulls = terms.map((one, index) => (weights[index]! * (one - value)) / total);
  return { value, pulls, total };
}

/** Ratio of two weighted sums, such as actual over expected. Undefined where the lower one is not positive. */
export function weightedRatio(
  weights: Float64Array,
  upper: (index: number) => number,
  lower: (index: number) => number,
): Influenced | undefined {
  const over = sumOver(weights.length, (index) => weights[index]! * upper(index));
  const under = sumOver(weights.length, (index) => weights[index]! * lower(index));
  if (!(under > 0)) return undefined;
  const value = over / under;
  const pulls = weights.map(
    (weight, index) => (weight * (upper(index) - value * lower(index))) / under,
  );
  return { value, pulls };
}

function sumsByUnit(pulls: Float64Array, units: Float64Array): Float64Array {
  const places = new Map<number, number>();
  const sums: number[] = [];
  pulls.forEach((pull, index) => {
    const unit = units[index]!;
    const place = places.get(unit);
    if (place === undefined) {
      places.set(unit, sums.length);
      sums.push(pull);
    } else sums[place]! += pull;
  });
  return Float64Array.from(sums);
}
