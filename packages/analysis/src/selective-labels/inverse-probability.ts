// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { Cells } from '../binary/cells.ts';
import { doubleLiteral } from '../table/column-type.ts';
import {
  bandEdges,
  type Population,
  refuseBadChances,
  stratumExpression,
  weightedCells,
} from './population.ts';

export interface InverseProbabilityPlan {
  /** Column with each row's chance of an observable outcome. */
  readonly probability?: string | undefined;
  /** Score bands of the strata whose observed share is taken for that chance; 10 without it. */
  readonly bands?: number | undefined;
  readonly within?: readonly Grouping[] | undefined;
  /** Decimal text. */
  readonly floor?: string | undefined;
}

export interface InverseProbability {
  /** Rows with outcome, each weighted by one over its chance of having one. */
  readonly cells: Cells;
  /** Rows for which nobody with an outcome can stand: the method then says nothing. */
  readonly unreached: number;
  /** Rows with outcome whose chance was raised to the floor. */
  readonly floored: number;
}

const BANDS_DEFAULT = 10;

/**
 * Weights rows with an outcome by one over the chance of having one (Horvitz & Thompson 1952; Robins, Rotnitzky & Zhao
 * 1994). The chance is declared, or the share with outcome in the row's stratum of score band and groups. Unbiased where,
 * within what the chance was taken from, who is observed has nothing to do with the outcome, and nobody's chance is zero.
 */
export async function inverseProbability(
  population: Population,
  plan: InverseProbabilityPlan,
): Promise<InverseProbability> {
  const floor = Number(plan.floor ?? '0');
  const { chance, unreached } = await chances(population, plan);
  if (unreached > 0) return { cells: NO_CELLS, unreached, floored: 0 };
  const weight = `1 / greatest(${chance}, ${doubleLiteral(floor)})`;
  const { table, observed } = population;
  const [floored] = await table.select(
    `SELECT CAST(count(*) FILTER (WHERE ${observed} AND ${chance} < ${doubleLiteral(floor)}) AS DOUBLE) FROM ${table.relation}`,
  );
  return {
    cells: await weightedCells(population, weight),
    unreached,
    floored: Number(floored![0]),
  };
}

async function chances(
  population: Population,
  plan: InverseProbabilityPlan,
): Promise<{ readonly chance: string; readonly unreached: number }> {
  const { table, observed, unobserved } = population;
  if (plan.probability !== undefined) {
    const chance = await refuseBadChances(population, plan.probability);
    const [zero] = await table.select(
      `SELECT CAST(count(*) FILTER (WHERE (${observed} OR ${unobserved}) AND ${chance} = 0) AS DOUBLE) FROM ${table.relation}`,
    );
    return { chance, unreached: Number(zero![0]) };
  }
  const edges = await bandEdges(population, plan.bands ?? BANDS_DEFAULT);
  const stratum = stratumExpression(population, edges, plan.within ?? []);
  await table.run(
    `CREATE OR REPLACE TEMP TABLE strata AS SELECT stratum, CAST(seen AS DOUBLE) / (seen + unseen) AS share, seen, unseen
     FROM (SELECT ${stratum} AS stratum, count(*) FILTER (WHERE ${observed}) AS seen,
       count(*) FILTER (WHERE ${unobserved}) AS unseen FROM ${table.relation} GROUP BY 1) WHERE seen + unseen > 0`,
  );
  const [unreached] = await table.select(
    'SELECT CAST(coalesce(sum(unseen), 0) AS DOUBLE) FROM strata WHERE seen = 0',
  );
  return {
    chance: `(SELECT share FROM strata WHERE strata.stratum = ${stratum})`,
    unreached: Number(unreached![0]),
  };
}

const NO_CELLS: Cells = {
  scores: new Float64Array(0),
  labels: new Float64Array(0),
  weights: new Float64Array(0),
  counts: new Float64Array(0),
};
