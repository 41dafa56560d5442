// SPDX-License-Identifier: Apache-2.0
import { bisect } from './bisect.ts';

/** A two-by-two table: `a` of `a + b` in the first row, `c` of `c + d` in the second. All are counts. */
export interface TwoByTwo {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

interface Support {
  readonly low: number;
  readonly logWeights: Float64Array;
}

// Ties in floating probabilities are taken as equal within this factor, as R's fisher.test and scipy do.
const TIE = 1 + 1e-7;
const LOG_ODDS_MAX = 700;

/** Two-sided Fisher exact p (Fisher 1935): the total probability of tables no likelier than the one seen. */
export function fisherExact(table: TwoByTwo): number {
  const support = supportOf(table);
  const seen = support.logWeights[table.a - support.low]!;
  let extreme = 0;
  let total = 0;
  for (const logWeight of support.logWeights) {
    const weight = Math.exp(logWeight);
    total += weight;
    if (weight <= Math.exp(seen) * TIE) extreme += weight;
  }
  return Math.min(1, extreme / total);
}

/** One-sided Fisher exact p: the total probability of tables with `a` as large or larger. */
export function fisherUpper(table: TwoByTwo): number {
  const support = supportOf(table);
  return tailFrom(support, table.a - support.low, 0);
}

/**
 * Exact conditional interval of the odds ratio (Cornfield 1956): the odds at which a count as high, or as low, as the
 * one seen has probability (1 − level)/2 under Fisher's noncentral hypergeometric distribution.
 */
export function exactOddsInterval(
  table: TwoByTwo,
  level: number,
): { readonly low: number; readonly high: number } {
  const support = supportOf(table);
  const tail = (1 - level) / 2;
  const place = table.a - support.low;
  const last = support.logWeights.length - 1;
  const atLeast = (logOdds: number) => tailFrom(support, place, logOdds);
  const atMost = (logOdds: number) => 1 - tailFrom(support, place + 1, logOdds);
  const low = place === 0 ? 0 : Math.exp(solve((logOdds) => atLeast(logOdds) - tail));
  const high =
    place === last
      ? Number.POSITIVE_INFINITY
      : Math.exp(solve((logOdds) => tail - atMost(logOdds)));
  return { low, high };
}

/** How many tables share these margins; the cost of the exact methods grows with it. */
export function supportSize(table: TwoByTwo): number {
  const { low, high } = supportBounds(table);
  return high - low + 1;
}

function supportBounds({ a, b, c, d }: TwoByTwo): { low: number; high: number } {
  return { low: Math.max(0, a - d), high: a + Math.min(b, c) };
}

// Weights follow from their ratios w(x+1)/w(x), so no factorial of a large margin is ever formed.
function supportOf(table: TwoByTwo): Support {
  const { low, high } = supportBounds(table);
  const firstRow = table.a + table.b;
  const firstColumn = table.a + table.c;
  const slack = table.d - table.a;
  const logWeights = new Float64Array(high - low + 1);
  for (let x = low; x < high; x += 1) {
    const ratio = ((firstRow - x) * (firstColumn - x)) / ((x + 1) * (slack + x + 1));
    logWeights[x - low + 1] = logWeights[x - low]! + Math.log(ratio);
  }
  const peak = logWeights.reduce(
    (most, weight) => Math.max(most, weight),
    Number.NEGATIVE_INFINITY,
  );
  return { low, logWeights: logWeights.map((weight) => weight - peak) };
}

function tailFrom(support: Support, place: number, logOdds: number): number {
  const logs = support.logWeights.map((weight, index) => weight + index * logOdds);
  const peak = logs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  let inTail = 0;
  let total = 0;
  logs.forEach((value, index) => {
    const weight = Math.exp(value - peak);
    total += weight;
    if (index >= place) inTail += weight;
  });
  return inTail / total;
}

function solve(increasing: (logOdds: number) => number): number {
  return bisect(increasing, -LOG_ODDS_MAX, LOG_ODDS_MAX);
}
