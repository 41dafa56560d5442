// SPDX-License-Identifier: Apache-2.0

import { type Influenced, influenceEstimate, weightedRatio } from '../estimate/influence.ts';
import { type Bin, equalBins, pick, TENTHS } from '../estimate/tenths.ts';
import type { Estimate } from '../intervals/interval.ts';
import { sumOver } from '../numeric/sum.ts';
import { type DecimalText, decimal } from '../plan/measurement.ts';
import type { PolicyRows } from './policy-rows.ts';

/** Actual over expected: sum of the actual amounts over that of the predicted ones; delta method for a ratio of sums. */
export function actualOverExpected(rows: PolicyRows, level: number): Estimate | undefined {
  const ratio = weightedRatio(
    rows.exposure,
    (row) => rows.actual[row]!,
    (row) => rows.rate[row]!,
  );
  return ratio === undefined
    ? undefined
    : influenceEstimate(ratio, { level, units: rows.units, low: 0 });
}

/**
 * Lift of the highest tenth of exposure by prediction: its actual rate over the overall one. The edges of the tenths are taken
 * as given. Undefined where nothing happened.
 */
export function topTenthLift(rows: PolicyRows, level: number): Estimate | undefined {
  const top = equalBins(rows.rate, rows.exposure, TENTHS).at(-1);
  if (top === undefined) return undefined;
  const isTop = new Uint8Array(rows.rate.length);
  for (const row of top) isTop[row] = 1;
  const all = actualRate(rows, () => 1);
  const high = actualRate(rows, (row) => isTop[row]!);
  if (all === undefined || high === undefined || !(all.value > 0)) return undefined;
  const value = high.value / all.value;
  const pulls = high.pulls.map((pull, row) => (pull - value * all.pulls[row]!) / all.value);
  return influenceEstimate({ value, pulls }, { level, units: rows.units, low: 0 });
}

/** One tenth of the exposure. `against` and `mean_relativity` where a second prediction is declared. */
export interface RateTenth {
  readonly n: number;
  readonly exposure: DecimalText | null;
  readonly predicted: DecimalText | null;
  readonly actual: DecimalText | null;
  readonly against?: DecimalText | null;
  readonly ratio: DecimalText | null;
  readonly ratio_low: DecimalText | null;
  readonly ratio_high: DecimalText | null;
}

/** Predicted and actual rates in tenths of the exposure by rising prediction: the lift chart. */
export function liftTenths(rows: PolicyRows, level: number): readonly RateTenth[] {
  return equalBins(rows.rate, rows.exposure, TENTHS).map((bin) => tenthOf(rows, bin, level));
}

/** The same in tenths by rising prediction over the second one: where both disagree, which one is right. */
export function doubleLiftTenths(rows: PolicyRows, level: number): readonly RateTenth[] {
  const { against } = rows;
  if (against === undefined) return [];
  const relativity = rows.rate.map((rate, row) => rate / against[row]!);
  return equalBins(relativity, rows.exposure, TENTHS).map((bin) => tenthOf(rows, bin, level));
}

function tenthOf(rows: PolicyRows, bin: Bin, level: number): RateTenth {
  const part: PolicyRows = {
    rate: pick(rows.rate, bin),
    actual: pick(rows.actual, bin),
    exposure: pick(rows.exposure, bin),
    ...(rows.units === undefined ? {} : { units: pick(rows.units, bin) }),
  };
  const exposure = sumOver(bin.length, (row) => part.exposure[row]!);
  const mean = (column: Float64Array) =>
    decimal(sumOver(bin.length, (row) => part.exposure[row]! * column[row]!) / exposure);
  const ratio = actualOverExpected(part, level);
  return {
    n: bin.length,
    exposure: decimal(exposure),
    predicted: mean(part.rate),
    actual: mean(part.actual),
    ...(rows.against === undefined ? {} : { against: mean(pick(rows.against, bin)) }),
    ratio: decimal(ratio?.value ?? Number.NaN),
    ratio_low: decimal(ratio?.interval?.low ?? Number.NaN),
    ratio_high: decimal(ratio?.interval?.high ?? Number.NaN),
  };
}

function actualRate(rows: PolicyRows, counts: (row: number) => number): Influenced | undefined {
  return weightedRatio(rows.exposure, (row) => counts(row) * rows.actual[row]!, counts);
}
