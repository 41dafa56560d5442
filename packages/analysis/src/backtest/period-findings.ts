// SPDX-License-Identifier: Apache-2.0
import { type Cells, eventsOf, mass, sizesOf } from '../binary/cells.ts';
import type { Cutoff } from '../binary/cutoff.ts';
import {
  MINIMUM_DEFAULT,
  PERFORMANCE_METRICS,
  performanceFindings,
  tooFewReason,
} from '../binary/performance-findings.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { sumOver } from '../numeric/sum.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding } from '../plan/measurement.ts';
import type { PeriodCells } from './read-periods.ts';

/** Reported of every period, whether or not the plan limits them. */
const PERIOD_METRICS: readonly string[] = [
  'auc',
  'brier',
  'calibration_intercept',
  'calibration_slope',
  'event_rate',
];

/** Figures whose change from period to period is told. */
export const TREND_METRICS = ['auc', 'brier', 'rate_gap'] as const;

/** What a back-test may set limits on. */
export const BACKTEST_METRICS: readonly MetricId[] = [
  ...PERFORMANCE_METRICS,
  'rate_gap',
  'auc_trend',
  'brier_trend',
  'rate_gap_trend',
  'cumulative_event_rate',
];

export interface PeriodOptions {
  readonly level: number;
  readonly cutoff?: Cutoff | undefined;
  readonly eventsMin?: number | undefined;
  /** Metrics that the plan limits. */
  readonly limited: readonly string[];
}

/** Mean score and outcomes of labelled rows. */
export interface PeriodRate {
  readonly n: number;
  readonly events: number;
  readonly predicted: number;
}

/** Undefined where no outcome is known. The score is summed in the order of the cells. */
export function rateOf(cells: Cells): PeriodRate | undefined {
  const { n, positives } = sizesOf(cells);
  if (n === 0) return undefined;
  const predicted = sumOver(cells.scores.length, (at) => mass(cells, at) * cells.scores[at]!) / n;
  return { n, events: positives, predicted };
}

/** The figures of one period, in a fixed order. */
export function periodFindings(period: PeriodCells, options: PeriodOptions): readonly Finding[] {
  const group = { by: 'period', value: period.name };
  const minimum = minimumOf(options);
  const findings = performanceFindings(period.cells, {
    ...options,
    minimum,
    group,
  }).filter(({ metric }) => PERIOD_METRICS.includes(metric) || options.limited.includes(metric));
  return [...findings, gapFinding(period, options)];
}

/** Why a period says nothing, or undefined. */
export function periodTooFew(
  { cells }: PeriodCells,
  options: Pick<PeriodOptions, 'eventsMin'>,
): string | undefined {
  const sizes = sizesOf(cells);
  return tooFewReason(sizes.n, eventsOf(sizes), minimumOf(options));
}

function minimumOf({ eventsMin }: Pick<PeriodOptions, 'eventsMin'>) {
  return eventsMin === undefined ? MINIMUM_DEFAULT : { ...MINIMUM_DEFAULT, events: eventsMin };
}

function gapFinding(period: PeriodCells, options: PeriodOptions): Finding {
  const rate = rateOf(period.cells);
  const tooFew = periodTooFew(period, options);
  return {
    metric: 'rate_gap',
    estimate: rate === undefined || tooFew !== undefined ? undefined : gapOf(rate, options.level),
    n: rate?.n ?? 0,
    events: eventsOf(sizesOf(period.cells)),
    group: { by: 'period', value: period.name },
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES.rate_gap,
  };
}

function gapOf({ n, events, predicted }: PeriodRate, level: number): Estimate | undefined {
  const realised = wilson(events, n, level);
  if (realised?.interval === undefined) return undefined;
  const { low, high } = realised.interval;
  return {
    value: realised.value - predicted,
    interval: { ...realised.interval, low: low - predicted, high: high - predicted },
  };
}
