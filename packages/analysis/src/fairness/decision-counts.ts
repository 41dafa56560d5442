// SPDX-License-Identifier: Apache-2.0

import type { Grouping } from '@countersign/pipeline';
import { adverseExpression, type Cutoff } from '../binary/cutoff.ts';
import type { Moments } from '../intervals/standardised-difference.ts';
import { sumOver } from '../numeric/sum.ts';
import { literal } from '../table/column-type.ts';
import { exactSums, momentsOfSums } from '../table/exact-moments.ts';
import { groupPlace, readGroupNames } from '../table/grouping.ts';
import { refuseBadScores } from '../table/roles.ts';
import type { Table } from '../table/table.ts';

/** What counts as a denial: the recommendation at the cutoff, or the action that the firm recorded. */
export type DecisionBasis =
  | { readonly on: 'recommendation'; readonly score: string; readonly cutoff: Cutoff }
  | {
      readonly on: 'action';
      readonly column: string;
      /** Texts of the column that are denials. */
      readonly adverse: readonly string[];
    };

/** Rows of one stratum of one group. */
export interface StratumCounts {
  readonly approved: number;
  readonly denied: number;
}

/** One group's decisions, overall and by stratum, and its score's moments where a score is judged. */
export interface GroupDecisions extends StratumCounts {
  readonly group: string;
  readonly n: number;
  readonly strata: ReadonlyMap<string, StratumCounts>;
  readonly score?: Moments;
}

/** Decisions by group, ascending by name; `factors` define the strata. Rows without a recorded action are left out. */
export async function readDecisions(
  table: Table,
  basis: DecisionBasis,
  by: { readonly groupings: readonly Grouping[]; readonly factors: readonly string[] },
): Promise<readonly GroupDecisions[]> {
  if (basis.on === 'recommendation') await refuseBadScores(table, basis.score);
  const names = await readGroupNames(table, by.groupings);
  const place = groupPlace(table, by.groupings, names);
  const strata = await readStrata(table, { basis, place, factors: by.factors });
  const moments = basis.on === 'action' ? new Map() : await readMoments(table, basis.score, place);
  return names.flatMap((group, index) => {
    const counts = strata.get(index + 1);
    return counts === undefined ? [] : [decisionsOf(group, counts, moments.get(index + 1))];
  });
}

type Strata = ReadonlyMap<string, StratumCounts>;

function decisionsOf(group: string, strata: Strata, score: Moments | undefined): GroupDecisions {
  const sum = (key: keyof StratumCounts) =>
    [...strata.values()].reduce((total, stratum) => total + stratum[key], 0);
  const approved = sum('approved');
  const denied = sum('denied');
  const moments = score === undefined ? {} : { score };
  return { group, n: approved + denied, approved, denied, strata, ...moments };
}

async function readStrata(
  table: Table,
  by: {
    readonly basis: DecisionBasis;
    readonly place: string;
    readonly factors: readonly string[];
  },
): Promise<ReadonlyMap<number, Strata>> {
  const factors = by.factors.map((name) => `coalesce(CAST(${table.column(name)} AS VARCHAR), '')`);
  const [places, names, denials, counts] = await table.select(
    `SELECT ${by.place} AS g, ${factors.length === 0 ? "''" : factors.join(' || chr(31) || ')} AS f,
       ${adverseDecision(table, by.basis)} AS d, CAST(count(*) AS DOUBLE)
     FROM ${table.relation} WHERE d IS NOT NULL GROUP BY g, f, d ORDER BY g, f, d`,
  );
  const groups = new Map<number, Map<string, { approved: number; denied: number }>>();
  places!.forEach((place, index) => {
    const strata = groups.get(Number(place)) ?? new Map();
    const stratum = strata.get(String(names![index])) ?? { approved: 0, denied: 0 };
    stratum[denials![index] === true ? 'denied' : 'approved'] += Number(counts![index]);
    groups.set(Number(place), strata.set(String(names![index]), stratum));
  });
  return groups;
}

// Summed by the engine in whole numbers, which no order of rows or threads changes.
async function readMoments(
  table: Table,
  score: string,
  place: string,
): Promise<ReadonlyMap<number, Moments>> {
  const sums = exactSums(`CAST(${table.column(score)} AS DOUBLE)`);
  const [places, ...columns] = await table.select(
    `SELECT ${place} AS g, ${sums.join(', ')} FROM ${table.relation} GROUP BY g ORDER BY g`,
  );
  return new Map(
    places!.map((one, index) => {
      const [count, sum, squares] = columns.map((column) => column[index]);
      return [Number(one), momentsOfSums(count, sum, squares)] as const;
    }),
  );
}

/** SQL boolean of an adverse decision; null for a row without a recorded action. */
export function adverseDecision(table: Table, basis: DecisionBasis): string {
  if (basis.on === 'recommendation') {
    return adverseExpression(table.column(basis.score), basis.cutoff);
  }
  const listed = basis.adverse.map(literal).join(', ');
  return `(CAST(${table.column(basis.column)} AS VARCHAR) IN (${listed}))`;
}

/** Moments of scores with their counts, ascending. */
export function momentsOf(scores: Float64Array, counts: Float64Array): Moments {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const mean = sumOver(scores.length, (index) => counts[index]! * scores[index]!) / n;
  const squares = sumOver(scores.length, (index) => counts[index]! * (scores[index]! - mean) ** 2);
  return { n, mean, variance: n < 2 ? 0 : squares / (n - 1) };
}
