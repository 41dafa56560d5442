// SPDX-License-Identifier: Apache-2.0
import { auc } from '../binary/auc.ts';
import { calibration } from '../binary/calibration.ts';
import { type Cells, eventsOf, sizesOf } from '../binary/cells.ts';
import { tooFewReason } from '../binary/performance-findings.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { sumOver } from '../numeric/sum.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';

/** How well the score ranks and how far it can be believed, in one group alone. */
export const GROUP_ACCURACY_METRICS = [
  'auc',
  'calibration_intercept',
  'calibration_slope',
  'observed_expected_ratio',
] as const satisfies readonly MetricId[];

const ROWS_MIN = 20;

/** AUC and calibration of one group's labelled rows; no number under the minimum of rows or events. */
export function groupAccuracy(
  cells: Cells,
  about: {
    readonly group: MeasuredGroup;
    readonly level: number;
    readonly eventsMin: number;
    readonly weighted?: boolean;
    readonly hidden: string | undefined;
  },
): readonly Finding[] {
  const sizes = sizesOf(cells);
  const events = eventsOf(sizes);
  const tooFew = tooFewReason(sizes.n, events, { rows: ROWS_MIN, events: about.eventsMin });
  const measurable = tooFew === undefined && about.hidden === undefined;
  const estimates = measurable ? estimatesOf(cells, about.level) : {};
  return GROUP_ACCURACY_METRICS.filter(
    (metric) => about.weighted !== true || metric !== 'observed_expected_ratio',
  ).map((metric) => ({
    metric,
    estimate: estimates[metric],
    n: sizes.n,
    events,
    group: about.group,
    ...(about.weighted === true ? { weighted: true } : {}),
    ...(about.hidden === undefined ? {} : { withheld: about.hidden }),
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES[metric],
  }));
}

function estimatesOf(cells: Cells, level: number): Partial<Record<MetricId, Estimate | undefined>> {
  const recalibrated = calibration(cells, level);
  return {
    auc: auc(cells, level),
    calibration_intercept: recalibrated.intercept,
    calibration_slope: recalibrated.slope,
    observed_expected_ratio: observedExpected(cells, level),
  };
}

/** Events that occurred over events that the scores add up to; the interval holds the expectation fixed. */
function observedExpected(cells: Cells, level: number): Estimate | undefined {
  const { n, positives } = sizesOf(cells);
  const expected = sumOver(cells.scores.length, (i) => cells.counts[i]! * cells.scores[i]!) / n;
  const rate = wilson(positives, n, level);
  if (rate?.interval === undefined || expected === 0) return undefined;
  return {
    value: rate.value / expected,
    interval: {
      ...rate.interval,
      low: rate.interval.low / expected,
      high: rate.interval.high / expected,
    },
  };
}
