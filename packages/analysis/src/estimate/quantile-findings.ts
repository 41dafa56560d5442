// SPDX-License-Identifier: Apache-2.0
import type { Minimum } from '../binary/performance-findings.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding } from '../plan/measurement.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { tooFewRows } from './estimate-findings.ts';
import { influenceEstimate, weightedMean } from './influence.ts';
import { numberSql, readColumns, refuseBadNumbers } from './read-columns.ts';
import { countedRows, unitSql } from './read-estimates.ts';

/** A column that predicts a quantile of the actual number; `at` is decimal text between 0 and 1. */
export interface PredictedQuantile {
  readonly column: string;
  readonly at: string;
}

export interface QuantileOptions {
  readonly quantiles: readonly PredictedQuantile[];
  readonly level: number;
  readonly minimum?: Pick<Minimum, 'rows'> | undefined;
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
}

/**
 * How often the actual number lies at or below each predicted quantile (Wilson 1927), that share less the quantile's own,
 * and the pinball loss (Koenker & Bassett, Econometrica 46 (1978) 33–50). Weights are not used.
 */
export async function quantileFindings(
  table: Table,
  roles: Roles,
  options: QuantileOptions,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const quantile of options.quantiles) {
    findings.push(...(await findingsOf(table, roles, { ...options, quantile })));
  }
  return findings;
}

async function findingsOf(
  table: Table,
  roles: Roles,
  options: QuantileOptions & { readonly quantile: PredictedQuantile },
): Promise<readonly Finding[]> {
  const { column, at } = options.quantile;
  const where = await countedRows(table, roles, options.unlabelled);
  await refuseBadNumbers(table, [{ name: column, needs: 'finite' }], where);
  const groups = await readColumns(
    table,
    {
      predicted: numberSql(table, column),
      actual: numberSql(table, roles.label),
      units: unitSql(table, roles),
    },
    { where },
  );
  const rows = groups.get('');
  const n = rows?.actual.length ?? 0;
  const tooFew = tooFewRows(n, options.minimum);
  const units = roles.unit === undefined ? undefined : rows?.units;
  const estimates =
    rows === undefined || tooFew !== undefined
      ? undefined
      : quantileEstimates({ ...rows, units }, Number(at), options.level);
  const finding = (metric: MetricId, estimate: Estimate | undefined): Finding => ({
    metric,
    estimate,
    n,
    group: { by: 'quantile', value: at },
    ...(tooFew === undefined ? {} : { tooFew }),
    source: FORMULA_SOURCES[metric],
  });
  return [
    finding('quantile_coverage', estimates?.coverage),
    finding('quantile_coverage_gap', estimates?.gap),
    finding('pinball_loss', estimates?.loss),
  ];
}

interface QuantileRows {
  readonly predicted: Float64Array;
  readonly actual: Float64Array;
  readonly units?: Float64Array | undefined;
}

export function quantileEstimates(
  { predicted, actual, units }: QuantileRows,
  at: number,
  level: number,
): { readonly coverage: Estimate; readonly gap: Estimate; readonly loss: Estimate } {
  const even = new Float64Array(actual.length).fill(1);
  const isBelow = (row: number) => (actual[row]! <= predicted[row]! ? 1 : 0);
  const below = weightedMean(even, isBelow);
  const coverage =
    units === undefined
      ? wilson(Math.round(below.value * actual.length), actual.length, level)!
      : influenceEstimate(below, { level, units, low: 0, high: 1 });
  const loss = weightedMean(even, (row) => {
    const over = actual[row]! - predicted[row]!;
    return over >= 0 ? at * over : (at - 1) * over;
  });
  return {
    coverage,
    gap: shifted(coverage, -at),
    loss: influenceEstimate(loss, { level, units, low: 0 }),
  };
}

function shifted({ value, interval }: Estimate, by: number): Estimate {
  if (interval === undefined) return { value: value + by };
  return {
    value: value + by,
    interval: { ...interval, low: interval.low + by, high: interval.high + by },
  };
}
