// SPDX-License-Identifier: Apache-2.0
import type { Grouping, InsurancePlan } from '@countersign/pipeline';
import {
  type NumberNeed,
  numberSql,
  readColumns,
  refuseBadNumbers,
} from '../estimate/read-columns.ts';
import { countedRows, unitSql, weightSql } from '../estimate/read-estimates.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';

/** Rows of policies or claims, ascending by predicted rate. Rates are per unit of exposure. */
export interface PolicyRows {
  /** Predicted rate, above 0. */
  readonly rate: Float64Array;
  /** Actual rate: the label over the exposure. */
  readonly actual: Float64Array;
  /** Exposure times the row's weight: what every mean is weighted by. */
  readonly exposure: Float64Array;
  /** Rate of the second prediction. */
  readonly against?: Float64Array;
  /** Premium of the whole row times its weight. */
  readonly premium?: Float64Array;
  readonly units?: Float64Array;
}

/** What tells how a table's columns make rates. */
export type RatePlan = Pick<
  InsurancePlan,
  'family' | 'exposure' | 'prediction' | 'against' | 'premium'
>;

/**
 * The policies of each group, all under `` without grouping. Throws AnalysisError naming column and row where a prediction or
 * an exposure is not above 0, or an actual amount does not fit the family.
 */
export async function readPolicies(
  table: Table,
  roles: Roles,
  plan: RatePlan,
  by?: readonly Grouping[],
): Promise<ReadonlyMap<string, PolicyRows>> {
  await refuseUnfit(table, roles, plan);
  const exposure = exposureSql(table, plan);
  const weight = weightSql(table, roles);
  const rate = (column: string) =>
    plan.prediction === 'total'
      ? `${numberSql(table, column)} / ${exposure}`
      : numberSql(table, column);
  const groups = await readColumns(
    table,
    {
      rate: rate(roles.score),
      actual: `${numberSql(table, roles.label)} / ${exposure}`,
      exposure: `${weight} * ${exposure}`,
      against: plan.against === undefined ? '0::DOUBLE' : rate(plan.against),
      premium:
        plan.premium === undefined ? '0::DOUBLE' : `${weight} * ${numberSql(table, plan.premium)}`,
      units: unitSql(table, roles),
    },
    { by },
  );
  return new Map(
    [...groups].map(([name, { rate, actual, exposure, against, premium, units }]) => [
      name,
      {
        rate,
        actual,
        exposure,
        ...(plan.against === undefined ? {} : { against }),
        ...(plan.premium === undefined ? {} : { premium }),
        ...(roles.unit === undefined ? {} : { units }),
      },
    ]),
  );
}

export function exposureSql(table: Table, { exposure }: Pick<RatePlan, 'exposure'>): string {
  return exposure === undefined ? '1::DOUBLE' : numberSql(table, exposure);
}

async function refuseUnfit(table: Table, roles: Roles, plan: RatePlan): Promise<void> {
  await countedRows(table, roles);
  const need = (name: string | undefined, needs: NumberNeed) =>
    name === undefined ? [] : [{ name, needs }];
  await refuseBadNumbers(table, [
    ...need(plan.exposure, 'positive'),
    ...need(roles.score, 'positive'),
    ...need(roles.label, plan.family === 'gamma' ? 'positive' : 'not-negative'),
    ...need(plan.against, 'positive'),
    ...need(plan.premium, 'positive'),
  ]);
}
