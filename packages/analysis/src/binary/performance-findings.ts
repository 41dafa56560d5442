// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';
import { auc, gini } from './auc.ts';
import { calibration } from './calibration.ts';
import { type Cells, eventsOf, sizesOf } from './cells.ts';
import { confusion, confusionRates } from './confusion.ts';
import type { Cutoff } from './cutoff.ts';
import { kolmogorovSmirnov } from './ks.ts';
import { brier, logLoss } from './mean-loss.ts';
import { calibrationGap, scoreBins } from './score-bins.ts';

/** What a plan may set limits on for a binary model. */
export const PERFORMANCE_METRICS = [
  'auc',
  'gini',
  'ks',
  'brier',
  'log_loss',
  'calibration_intercept',
  'calibration_slope',
  'calibration_gap',
  'event_rate',
  'sensitivity',
  'specificity',
  'precision',
  'negative_predictive_value',
  'accuracy',
  'adverse_rate',
] as const satisfies readonly MetricId[];

export type PerformanceMetric = (typeof PERFORMANCE_METRICS)[number];

/** Fewer rows, or fewer rows of the rarer label, than this say nothing about a group. */
export interface Minimum {
  readonly rows: number;
  readonly events: number;
}

export const MINIMUM_DEFAULT: Minimum = { rows: 20, events: 5 };
export const CALIBRATION_BINS = 10;

export interface PerformanceOptions {
  readonly level: number;
  /** Without a cutoff no decision rates are measured. */
  readonly cutoff?: Cutoff | undefined;
  readonly minimum?: Minimum | undefined;
  readonly group?: MeasuredGroup;
  /** Says that the cells carry weights; rates at the cutoff, counts of rows, are then left out. */
  readonly weighted?: boolean;
}

/** Every performance figure of these cells, in a fixed order. */
export function performanceFindings(cells: Cells, options: PerformanceOptions): readonly Finding[] {
  const sizes = sizesOf(cells);
  const events = eventsOf(sizes);
  const tooFew = tooFewReason(sizes.n, events, options.minimum ?? MINIMUM_DEFAULT);
  const estimates = tooFew === undefined ? estimatesOf(cells, options) : {};
  const rowCounted: readonly string[] = PERFORMANCE_METRICS.slice(
    PERFORMANCE_METRICS.indexOf('calibration_gap'),
  );
  const rates: readonly string[] = rowCounted.slice(2);
  return PERFORMANCE_METRICS.filter(
    (metric) => options.weighted !== true || !rowCounted.includes(metric),
  )
    .filter((metric) => options.cutoff !== undefined || !rates.includes(metric))
    .map((metric) => ({
      metric,
      estimate: estimates[metric],
      n: sizes.n,
      events,
      ...(options.group === undefined ? {} : { group: options.group }),
      ...(options.weighted === true ? { weighted: true } : {}),
      ...(tooFew === undefined ? {} : { tooFew }),
      source: FORMULA_SOURCES[metric],
    }));
}

/** Why these rows are too few, or undefined. */
export function tooFewReason(n: number, events: number, minimum: Minimum): string | undefined {
  if (n < minimum.rows) return `${n} rows are fewer than ${minimum.rows}`;
  if (events < minimum.events)
    return `${events} rows of the rarer label are fewer than ${minimum.events}`;
  return undefined;
}

function estimatesOf(
  cells: Cells,
  { level, cutoff }: PerformanceOptions,
): Partial<Record<PerformanceMetric, Estimate | undefined>> {
  const { n, positives } = sizesOf(cells);
  const area = auc(cells, level);
  const recalibrated = calibration(cells, level);
  return {
    auc: area,
    gini: area === undefined ? undefined : gini(area),
    ks: kolmogorovSmirnov(cells, level),
    brier: brier(cells, level),
    log_loss: logLoss(cells, level),
    calibration_intercept: recalibrated.intercept,
    calibration_slope: recalibrated.slope,
    calibration_gap: { value: calibrationGap(scoreBins(cells, CALIBRATION_BINS, level)) },
    event_rate: wilson(positives, n, level),
    ...(cutoff === undefined ? {} : confusionRates(confusion(cells, cutoff), level)),
  };
}
