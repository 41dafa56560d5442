// SPDX-License-Identifier: Apache-2.0
import { type DecimalText, decimal } from '../plan/measurement.ts';
import { influenceEstimate, weightedMean } from './influence.ts';
import type { Estimates } from './read-estimates.ts';
import { equalBins, pick, TENTHS } from './tenths.ts';

/** One tenth of the rows by rising prediction. A residual is actual less predicted. */
export interface ResidualTenth {
  readonly n: number;
  readonly predicted_low: DecimalText | null;
  readonly predicted_high: DecimalText | null;
  readonly mean_predicted: DecimalText | null;
  readonly mean_actual: DecimalText | null;
  readonly mean_residual: DecimalText | null;
  readonly mean_residual_low: DecimalText | null;
  readonly mean_residual_high: DecimalText | null;
  readonly lower_quartile: DecimalText | null;
  readonly upper_quartile: DecimalText | null;
}

/** Residuals as people look at them: their quantiles, and their course over the predictions. Weights are not used. */
export interface ResidualSummary {
  readonly quantiles: readonly { readonly at: DecimalText; readonly value: DecimalText | null }[];
  readonly tenths: readonly ResidualTenth[];
}

const QUANTILES = ['0', '0.01', '0.05', '0.25', '0.5', '0.75', '0.95', '0.99', '1'] as const;

export function residualSummary(rows: Estimates, level: number): ResidualSummary {
  const residuals = rows.actual.map((actual, row) => actual - rows.predicted[row]!);
  const sorted = residuals.toSorted();
  const even = new Float64Array(residuals.length).fill(1);
  const bins = equalBins(rows.predicted, even, TENTHS);
  return {
    quantiles: QUANTILES.map((at) => ({ at, value: decimal(quantile(sorted, Number(at))) })),
    tenths: bins.map((bin) => tenthOf(rows, pick(residuals, bin), { bin, level })),
  };
}

/** The quantile of ascending values, linear between order statistics (Hyndman & Fan 1996, type 7). */
export function quantile(sorted: Float64Array, at: number): number {
  const place = (sorted.length - 1) * at;
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (place - below) * (high - low);
}

function tenthOf(
  rows: Estimates,
  residuals: Float64Array,
  { bin, level }: { readonly bin: Uint32Array; readonly level: number },
): ResidualTenth {
  const even = new Float64Array(bin.length).fill(1);
  const units = rows.units === undefined ? undefined : pick(rows.units, bin);
  const mean = (column: Float64Array) => weightedMean(even, (row) => column[row]!);
  const predicted = pick(rows.predicted, bin);
  const { value, interval } = influenceEstimate(mean(residuals), { level, units });
  const sorted = residuals.toSorted();
  return {
    n: bin.length,
    predicted_low: decimal(predicted[0]!),
    predicted_high: decimal(predicted.at(-1)!),
    mean_predicted: decimal(mean(predicted).value),
    mean_actual: decimal(mean(pick(rows.actual, bin)).value),
    mean_residual: decimal(value),
    mean_residual_low: decimal(interval?.low ?? Number.NaN),
    mean_residual_high: decimal(interval?.high ?? Number.NaN),
    lower_quartile: decimal(quantile(sorted, 0.25)),
    upper_quartile: decimal(quantile(sorted, 0.75)),
  };
}
