// SPDX-License-Identifier: Apache-2.0
import { MINIMUM_DEFAULT, type Minimum } from '../binary/performance-findings.ts';
import { type OrderedLorenz, orderedLorenz } from '../estimate/lorenz.ts';
import type { Estimate } from '../intervals/interval.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';
import { actualOverExpected, topTenthLift } from './actual-expected.ts';
import { devianceDifference, explainedDeviance, meanDeviance } from './deviance.ts';
import type { PolicyRows } from './policy-rows.ts';

/** What an `insurance` part may set limits on; the last needs a second prediction. */
export const INSURANCE_METRICS = [
  'actual_expected_ratio',
  'mean_deviance',
  'explained_deviance',
  'top_tenth_lift',
  'lorenz_gini',
  'deviance_difference',
] as const satisfies readonly MetricId[];

export interface InsuranceFindingOptions {
  readonly power: number;
  readonly level: number;
  readonly minimum?: Minimum | undefined;
  readonly group?: MeasuredGroup | undefined;
}

export function insuranceFindings(
  rows: PolicyRows,
  { power, level, minimum, group }: InsuranceFindingOptions,
): readonly Finding[] {
  const n = rows.rate.length;
  const events = rows.actual.reduce((sum, actual) => sum + (actual > 0 ? 1 : 0), 0);
  const tooFew = tooFewClaims(n, events, minimum ?? MINIMUM_DEFAULT);
  const estimates = tooFew === undefined ? estimatesOf(rows, power, level) : {};
  const metrics = INSURANCE_METRICS.filter(
    (metric) => metric !== 'deviance_difference' || rows.against !== undefined,
  );
  return metrics.map((metric) => ({
    metric,
    estimate: estimates[metric],
    n,
    events,
    ...(group === undefined ? {} : { group }),
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES[metric],
  }));
}

/** Losses against premium, or against exposure where no premium is declared, by rising relativity. */
export function policyLorenz(rows: PolicyRows, level: number): OrderedLorenz | undefined {
  const { premium } = rows;
  const loss = rows.actual.map((actual, row) => actual * rows.exposure[row]!);
  const order =
    premium === undefined
      ? rows.rate
      : rows.rate.map((rate, row) => (rate * rows.exposure[row]!) / premium[row]!);
  return orderedLorenz(
    { order, premium: premium ?? rows.exposure, loss, units: rows.units },
    level,
  );
}

function tooFewClaims(n: number, events: number, minimum: Minimum): string | undefined {
  if (n < minimum.rows) return `${n} rows are fewer than ${minimum.rows}`;
  if (events < minimum.events)
    return `${events} rows with an amount are fewer than ${minimum.events}`;
  return undefined;
}

function estimatesOf(
  rows: PolicyRows,
  power: number,
  level: number,
): Partial<Record<(typeof INSURANCE_METRICS)[number], Estimate | undefined>> {
  return {
    actual_expected_ratio: actualOverExpected(rows, level),
    mean_deviance: meanDeviance(rows, power, level),
    explained_deviance: explainedDeviance(rows, power, level),
    top_tenth_lift: topTenthLift(rows, level),
    lorenz_gini: policyLorenz(rows, level)?.gini,
    deviance_difference: devianceDifference(rows, power, level),
  };
}
