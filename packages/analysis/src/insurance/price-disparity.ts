// SPDX-License-Identifier: Apache-2.0

import { type Influenced, influenceEstimate, weightedRatio } from '../estimate/influence.ts';
import { equalBins, pick, TENTHS } from '../estimate/tenths.ts';
import type { Estimate } from '../intervals/interval.ts';
import { sumOver } from '../numeric/sum.ts';

/** Prices of one group, one entry a row. */
export interface PricedRows {
  /** Per unit of exposure. */
  readonly price: Float64Array;
  /** Declared expected loss per unit of exposure, above 0. */
  readonly expected: Float64Array;
  readonly exposure: Float64Array;
  readonly units?: Float64Array | undefined;
}

export interface PriceDisparity {
  /** Mean price of the group over the reference's. */
  readonly raw: Estimate | undefined;
  /** The same of price per unit of expected loss. */
  readonly perLoss: Estimate | undefined;
  /** The same within tenths of expected loss. */
  readonly atEqualLoss: Estimate | undefined;
}

/**
 * Prices of a group against a reference: raw, per unit of expected loss, and at equal expected loss: the ratio of means over
 * tenths of the expected loss of both, each tenth weighted by the harmonic share of both exposures (the weights of Mantel &
 * Haenszel 1959), edges taken as given. Intervals by the delta method on the logarithm.
 */
export function priceDisparity(
  group: PricedRows,
  reference: PricedRows,
  level: number,
): PriceDisparity {
  const compare = (of: (rows: PricedRows) => Influenced | undefined) =>
    ratioOf({ group, reference }, of(group), of(reference), level);
  return {
    raw: compare((rows) => meanOver(rows, () => 1)),
    perLoss: compare((rows) => meanOver(rows, (row) => rows.expected[row]!)),
    atEqualLoss: atEqualLoss(group, reference, level),
  };
}

interface Sides {
  readonly group: PricedRows;
  readonly reference: PricedRows;
}

function meanOver(rows: PricedRows, lower: (row: number) => number): Influenced | undefined {
  return weightedRatio(rows.exposure, (row) => rows.price[row]!, lower);
}

function ratioOf(
  { group, reference }: Sides,
  upper: Influenced | undefined,
  lower: Influenced | undefined,
  level: number,
): Estimate | undefined {
  if (upper === undefined || lower === undefined) return undefined;
  if (!(upper.value > 0) || !(lower.value > 0)) return undefined;
  const value = upper.value / lower.value;
  const pulls = joined(
    upper.pulls.map((pull) => pull / lower.value),
    lower.pulls.map((pull) => (-value * pull) / lower.value),
  );
  const units =
    group.units === undefined || reference.units === undefined
      ? undefined
      : joined(group.units, reference.units);
  return influenceEstimate({ value, pulls }, { level, units, scale: 'log' });
}

function atEqualLoss(
  group: PricedRows,
  reference: PricedRows,
  level: number,
): Estimate | undefined {
  const size = group.price.length;
  const bins = equalBins(
    joined(group.expected, reference.expected),
    joined(group.exposure, reference.exposure),
    TENTHS,
  );
  const upper = emptySum(size);
  const lower = emptySum(reference.price.length);
  for (const bin of bins) {
    const own = bin.filter((row) => row < size);
    const other = bin.filter((row) => row >= size).map((row) => row - size);
    const [x, y] = [exposureAt(group, own), exposureAt(reference, other)];
    if (own.length === 0 || other.length === 0) continue;
    addMean(upper, { rows: group, at: own, share: (x * y) / (x + y) });
    addMean(lower, { rows: reference, at: other, share: (x * y) / (x + y) });
  }
  return ratioOf({ group, reference }, upper, lower, level);
}

function emptySum(length: number): { value: number; readonly pulls: Float64Array } {
  return { value: 0, pulls: new Float64Array(length) };
}

function addMean(
  sum: { value: number; readonly pulls: Float64Array },
  { rows, at, share }: { rows: PricedRows; at: Uint32Array; share: number },
): void {
  const price = pick(rows.price, at);
  const mean = weightedRatio(
    pick(rows.exposure, at),
    (row) => price[row]!,
    () => 1,
  );
  if (mean === undefined) return;
  sum.value += share * mean.value;
  at.forEach((row, place) => {
    sum.pulls[row] = share * mean.pulls[place]!;
  });
}

function exposureAt(rows: PricedRows, at: Uint32Array): number {
  return sumOver(at.length, (place) => rows.exposure[at[place]!]!);
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
