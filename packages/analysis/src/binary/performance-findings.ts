// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';
import { auc, gini } from './auc.ts';
import { averagePrecision } from './average-precision.ts';
import { calibration } from './calibration.ts';
import { type Cells, eventsOf, sizesOf } from './cells.ts';
import { type ClusterIntervals, clusterIntervals, type UnitCells } from './cluster-bootstrap.ts';
import { labelTallies, outcomeRates, outcomesAt } from './confusion.ts';
import type { Cutoff } from './cutoff.ts';
import { type Costs, expectedCost } from './decision-cost.ts';
import { kolmogorovSmirnov } from './ks.ts';
import { brier, logLoss } from './mean-loss.ts';
import { calibrationGap, scoreBins } from './score-bins.ts';
import { share } from './share.ts';

const SCORE_METRICS = [
  'auc',
  'gini',
  'ks',
  'average_precision',
  'brier',
  'log_loss',
  'calibration_intercept',
  'calibration_slope',
  'calibration_gap',
  'event_rate',
] as const satisfies readonly MetricId[];

const RATE_METRICS = [
  'sensitivity',
  'specificity',
  'precision',
  'negative_predictive_value',
  'accuracy',
  'adverse_rate',
  'expected_cost',
] as const satisfies readonly MetricId[];

/** What a plan may set limits on for a binary model. */
export const PERFORMANCE_METRICS = [...SCORE_METRICS, ...RATE_METRICS] as const;

export type PerformanceMetric = (typeof PERFORMANCE_METRICS)[number];

/** Fewer rows, or fewer rows of the rarer label, than this say nothing about a group. */
export interface Minimum {
  readonly rows: number;
  readonly events: number;
}

export const MINIMUM_DEFAULT: Minimum = { rows: 20, events: 5 };
export const CALIBRATION_BINS = 10;
/** `group.by` of a figure at another cutoff than the declared one. */
export const AT_CUTOFF = 'cutoff';

export interface PerformanceOptions {
  readonly level: number;
  /** Without a cutoff no decision rates are measured. */
  readonly cutoff?: Cutoff | undefined;
  /** Further cutoffs, under the same rule, whose rates are shown beside. */
  readonly cutoffs?: readonly Cutoff[] | undefined;
  readonly costs?: Costs | undefined;
  readonly minimum?: Minimum | undefined;
  readonly group?: MeasuredGroup | undefined;
  /** Says that the cells carry weights. */
  readonly weighted?: boolean | undefined;
  /** The same rows by unit: intervals then come from resampling units. */
  readonly clusters?: { readonly cells: UnitCells; readonly replicates: number } | undefined;
}

export interface PerformanceFindings {
  /** Every figure of these cells, in a fixed order; those at further cutoffs come last, grouped by cutoff. */
  readonly findings: readonly Finding[];
  readonly clusters?: ClusterIntervals;
}

type Estimates = Readonly<Record<string, Estimate | undefined>>;

/** Every performance figure of these cells, in a fixed order; without a number where they are too few. */
export function performanceFindings(cells: Cells, options: PerformanceOptions): readonly Finding[] {
  return performanceFigures(cells, options).findings;
}

/** See `performanceFindings`; with what resampling units was made of. */
export function performanceFigures(cells: Cells, options: PerformanceOptions): PerformanceFindings {
  const sizes = sizesOf(cells);
  const events = eventsOf(sizes);
  const tooFew = tooFewReason(sizes.n, events, options.minimum ?? MINIMUM_DEFAULT);
  const clusters = tooFew === undefined ? clustersOf(options) : undefined;
  const estimates = tooFew === undefined ? estimatesOf(cells, options) : {};
  const about = {
    n: sizes.n,
    events,
    ...(options.weighted === true ? { weighted: true } : {}),
    ...(tooFew === undefined ? {} : { tooFew }),
  };
  const finding = (metric: PerformanceMetric, key: string, group: MeasuredGroup | undefined) => ({
    metric,
    estimate: clustered(estimates[key], clusters, key),
    ...about,
    ...(group === undefined ? {} : { group }),
    source:
      clusters === undefined ? FORMULA_SOURCES[metric] : `${plainSource(metric)}; ${CLUSTERED}`,
  });
  const rates = RATE_METRICS.filter(
    (metric) => metric !== 'expected_cost' || options.costs !== undefined,
  );
  return {
    findings: [
      ...SCORE_METRICS.map((metric) => finding(metric, metric, options.group)),
      ...(options.cutoff === undefined ? [] : rates).map((metric) =>
        finding(metric, metric, options.group),
      ),
      ...(options.cutoffs ?? []).flatMap((cutoff) =>
        rates.map((metric) =>
          finding(metric, keyAt(metric, cutoff), { by: AT_CUTOFF, value: cutoff.cutoff }),
        ),
      ),
    ],
    ...(clusters === undefined ? {} : { clusters }),
  };
}

/** Why these rows are too few, or undefined. */
export function tooFewReason(n: number, events: number, minimum: Minimum): string | undefined {
  if (n < minimum.rows) return `${n} rows are fewer than ${minimum.rows}`;
  if (events < minimum.events)
    return `${events} rows of the rarer label are fewer than ${minimum.events}`;
  return undefined;
}

const CLUSTERED = 'interval from resampling units, Field & Welsh 2007';

/** The formula without the words on an interval that was not used. */
function plainSource(metric: PerformanceMetric): string {
  return FORMULA_SOURCES[metric].split(';')[0] ?? '';
}

function clustersOf({ clusters, ...options }: PerformanceOptions): ClusterIntervals | undefined {
  if (clusters === undefined) return undefined;
  const figures = (cells: Cells) =>
    Object.fromEntries(
      Object.entries(estimatesOf(cells, options)).map(([key, one]) => [key, one?.value]),
    );
  return clusterIntervals(clusters.cells, figures, {
    level: options.level,
    replicates: clusters.replicates,
  });
}

function clustered(
  estimate: Estimate | undefined,
  clusters: ClusterIntervals | undefined,
  key: string,
): Estimate | undefined {
  if (estimate === undefined || clusters === undefined) return estimate;
  const interval = clusters.intervals.get(key);
  return { value: estimate.value, ...(interval === undefined ? {} : { interval }) };
}

function keyAt(metric: PerformanceMetric, { cutoff }: Cutoff): string {
  return `${metric} at ${cutoff}`;
}

function estimatesOf(cells: Cells, options: PerformanceOptions): Estimates {
  const { level, cutoff } = options;
  const area = auc(cells, level);
  const recalibrated = calibration(cells, level);
  const [misses, hits] = labelTallies(cells, 0, cells.scores.length);
  const further = (options.cutoffs ?? []).flatMap((one) =>
    Object.entries(ratesAt(cells, one, options)).map(
      ([metric, rate]) => [keyAt(metric as PerformanceMetric, one), rate] as const,
    ),
  );
  return {
    auc: area,
    gini: area === undefined ? undefined : gini(area),
    ks: kolmogorovSmirnov(cells, level),
    average_precision: averagePrecision(cells, level),
    brier: brier(cells, level),
    log_loss: logLoss(cells, level),
    calibration_intercept: recalibrated.intercept,
    calibration_slope: recalibrated.slope,
    calibration_gap: { value: calibrationGap(scoreBins(cells, CALIBRATION_BINS, level)) },
    event_rate: share(hits, misses, level),
    ...(cutoff === undefined ? {} : ratesAt(cells, cutoff, options)),
    ...Object.fromEntries(further),
  };
}

function ratesAt(cells: Cells, cutoff: Cutoff, { level, costs }: PerformanceOptions): Estimates {
  const outcomes = outcomesAt(cells, cutoff);
  return {
    ...outcomeRates(outcomes, level),
    ...(costs === undefined ? {} : { expected_cost: expectedCost(outcomes, costs, level) }),
  };
}
