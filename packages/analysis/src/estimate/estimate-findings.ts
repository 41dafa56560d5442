// SPDX-License-Identifier: Apache-2.0
import { MINIMUM_DEFAULT, type Minimum } from '../binary/performance-findings.ts';
import type { Estimate } from '../intervals/interval.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';
import {
  bias,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  rootMeanSquaredError,
  rSquared,
} from './accuracy.ts';
import { orderedLorenz } from './lorenz.ts';
import type { Estimates } from './read-estimates.ts';
import { spearman } from './spearman.ts';

const OF_ROWS = [
  'rmse',
  'mae',
  'bias',
  'r2',
  'mape',
  'spearman',
  'lorenz_gini',
] as const satisfies readonly MetricId[];

/** What a plan may set limits on for a model that predicts a number; the last three per declared quantile. */
export const ESTIMATE_METRICS = [
  ...OF_ROWS,
  'quantile_coverage',
  'quantile_coverage_gap',
  'pinball_loss',
] as const satisfies readonly MetricId[];

export interface EstimateFindingOptions {
  readonly level: number;
  readonly minimum?: Pick<Minimum, 'rows'> | undefined;
  readonly group?: MeasuredGroup | undefined;
  readonly weighted?: boolean | undefined;
}

/** Every figure of these rows beside those of quantiles, in a fixed order; ranks alone are not weighted. */
export function estimateFindings(
  rows: Estimates,
  { level, minimum, group, weighted }: EstimateFindingOptions,
): readonly Finding[] {
  const n = rows.actual.length;
  const tooFew = tooFewRows(n, minimum);
  const estimates = tooFew === undefined ? estimatesOf(rows, level) : {};
  return OF_ROWS.filter((metric) => weighted !== true || metric !== 'spearman').map((metric) => ({
    metric,
    estimate: estimates[metric],
    n,
    ...(group === undefined ? {} : { group }),
    ...(weighted === true ? { weighted: true } : {}),
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES[metric],
  }));
}

/** Why these rows are too few, or undefined. */
export function tooFewRows(
  n: number,
  minimum: Pick<Minimum, 'rows'> = MINIMUM_DEFAULT,
): string | undefined {
  return n < minimum.rows ? `${n} rows are fewer than ${minimum.rows}` : undefined;
}

function estimatesOf(
  rows: Estimates,
  level: number,
): Partial<Record<(typeof OF_ROWS)[number], Estimate | undefined>> {
  return {
    rmse: rootMeanSquaredError(rows, level),
    mae: meanAbsoluteError(rows, level),
    bias: bias(rows, level),
    r2: rSquared(rows, level),
    mape: meanAbsolutePercentageError(rows, level),
    spearman: spearman(rows, level),
    lorenz_gini: rankingGini(rows, level),
  };
}

// How well predictions order what happened: the ordered Lorenz curve at equal premium. Not defined for negative amounts.
function rankingGini(rows: Estimates, level: number): Estimate | undefined {
  if (rows.actual.some((actual) => actual < 0)) return undefined;
  const loss = rows.actual.map((actual, row) => actual * rows.weights[row]!);
  const curve = { order: rows.predicted, premium: rows.weights, loss, units: rows.units };
  return orderedLorenz(curve, level)?.gini;
}
