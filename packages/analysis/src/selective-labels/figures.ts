// SPDX-License-Identifier: Apache-2.0
import { auc } from '../binary/auc.ts';
import { type Cells, mass } from '../binary/cells.ts';
import { brier } from '../binary/mean-loss.ts';
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';

/** Figures that are told of everyone, whoever has an outcome. */
export const POPULATION_METRICS = ['event_rate', 'rate_gap', 'auc', 'brier'] as const;
export type PopulationMetric = (typeof POPULATION_METRICS)[number];

export type PopulationFigures = Readonly<Record<PopulationMetric, Estimate | undefined>>;

/** Figures of weighted cells; intervals hold the weights fixed. `gapTo` is everyone's mean score. */
export function weightedFigures(cells: Cells, level: number, gapTo: number): PopulationFigures {
  const rate = weightedRate(cells, level);
  return {
    event_rate: rate,
    rate_gap: rate === undefined ? undefined : shifted(rate, -gapTo),
    auc: auc(cells, level),
    brier: brier(cells, level),
  };
}

/**
 * Weighted event rate Σwy/Σw (Hájek 1971) with its linearised variance Σw²(y − rate)²/(Σw)². With weights of 1 this is the
 * share of events with the normal interval.
 */
export function weightedRate(cells: Cells, level: number): Estimate | undefined {
  const { length } = cells.scores;
  const total = sumOver(length, (at) => mass(cells, at));
  if (!(total > 0)) return undefined;
  const value = sumOver(length, (at) => mass(cells, at) * cells.labels[at]!) / total;
  const squares = sumOver(
    length,
    (at) => cells.counts[at]! * (cells.weights[at]! * (cells.labels[at]! - value)) ** 2,
  );
  const half = (criticalValue(level) * Math.sqrt(squares)) / total;
  const low = Math.max(0, value - half);
  const high = Math.min(1, value + half);
  return { value, interval: { low, high, level, method: 'linearised' } };
}

/** The same figure from another zero. */
export function shifted({ value, interval }: Estimate, by: number): Estimate {
  if (interval === undefined) return { value: value + by };
  return {
    value: value + by,
    interval: { ...interval, low: interval.low + by, high: interval.high + by },
  };
}

/** The figures without their intervals: of rows whose outcomes were filled in, which say nothing of chance. */
export function withoutIntervals(figures: PopulationFigures): PopulationFigures {
  const bare = (estimate: Estimate | undefined) =>
    estimate === undefined ? undefined : { value: estimate.value };
  return {
    event_rate: bare(figures.event_rate),
    rate_gap: bare(figures.rate_gap),
    auc: bare(figures.auc),
    brier: bare(figures.brier),
  };
}

export function meanScore(
  parts: readonly { readonly scores: Float64Array; readonly counts: Float64Array }[],
): number {
  const totals = parts.map(({ scores, counts }) => ({
    sum: sumOver(scores.length, (at) => scores[at]! * counts[at]!),
    n: sumOver(scores.length, (at) => counts[at]!),
  }));
  const n = totals.reduce((sum, part) => sum + part.n, 0);
  return totals.reduce((sum, part) => sum + part.sum, 0) / n;
}
