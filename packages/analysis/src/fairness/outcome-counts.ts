// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { AdverseWhen } from '../binary/cutoff.ts';
import { groupPlace, readGroupNames } from '../table/grouping.ts';
import { labelExpression, type Roles, refuseBadRoles, weightExpression } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { adverseDecision, type DecisionBasis } from './decision-counts.ts';

/** Rows by decision and by what turned out. A favourable outcome is the one that an approval hopes for: a loan repaid. */
export interface OutcomeCounts {
  readonly approvedFavourable: number;
  readonly approvedUnfavourable: number;
  readonly deniedFavourable: number;
  readonly deniedUnfavourable: number;
  /** Rows whose outcome is not known. */
  readonly approvedUnknown: number;
  readonly deniedUnknown: number;
}

/** One group's labelled rows with equal decision, outcome and weight, counted together. */
export interface WeightedCell {
  readonly denied: boolean;
  readonly favourable: boolean;
  readonly weight: number;
  readonly count: number;
}

export interface GroupOutcomes {
  readonly group: string;
  readonly counts: OutcomeCounts;
  /** Ascending by decision, outcome, weight, so that sums run in one order. */
  readonly cells: readonly WeightedCell[];
}

export interface OutcomeSource {
  readonly roles: Roles;
  /** Rows whose outcome is not known: an error, or counted apart. */
  readonly unlabelled: 'refuse' | 'skip';
  /** On which side of a cutoff a decision is adverse: tells which label is the unfavourable outcome. */
  readonly adverseWhen: AdverseWhen;
}

/** The label of a favourable outcome: the score is the probability of label 1, and a denial is meant for the other. */
export function favourableLabel(adverseWhen: AdverseWhen): 0 | 1 {
  return adverseWhen === 'at-or-above' || adverseWhen === 'above' ? 0 : 1;
}

/** Decisions against outcomes by group, ascending by name. Rows without a recorded action are left out. */
export async function readOutcomes(
  table: Table,
  basis: DecisionBasis,
  by: { readonly groupings: readonly Grouping[]; readonly source: OutcomeSource },
): Promise<readonly GroupOutcomes[]> {
  const { roles, unlabelled, adverseWhen } = by.source;
  await refuseBadRoles(table, roles, unlabelled);
  const names = await readGroupNames(table, by.groupings);
  const [places, denials, labels, weights, counts] = await table.selectDoubles(
    `SELECT ${groupPlace(table, by.groupings, names)} AS g,
       CAST(${adverseDecision(table, basis)} AS DOUBLE) AS d,
       coalesce(${labelExpression(table, roles)}, -1) AS y,
       coalesce(${weightExpression(table, roles)}, 0) AS w, CAST(count(*) AS DOUBLE)
     FROM ${table.relation} WHERE d IS NOT NULL GROUP BY g, d, y, w ORDER BY g, d, y, w`,
  );
  const favourable = favourableLabel(adverseWhen);
  const groups = new Map<number, { counts: MutableCounts; cells: WeightedCell[] }>();
  places!.forEach((place, index) => {
    const group = groups.get(place) ?? { counts: noCounts(), cells: [] };
    groups.set(place, group);
    const cell = {
      denied: denials![index] === 1,
      favourable: labels![index] === favourable,
      weight: weights![index]!,
      count: counts![index]!,
    };
    const known = labels![index] !== -1;
    group.counts[countName(cell, known)] += cell.count;
    if (known) group.cells.push(cell);
  });
  return names.flatMap((group, index) => {
    const found = groups.get(index + 1);
    return found === undefined ? [] : [{ group, ...found }];
  });
}

type MutableCounts = { -readonly [name in keyof OutcomeCounts]: number };

function noCounts(): MutableCounts {
  return {
    approvedFavourable: 0,
    approvedUnfavourable: 0,
    deniedFavourable: 0,
    deniedUnfavourable: 0,
    approvedUnknown: 0,
    deniedUnknown: 0,
  };
}

function countName(cell: WeightedCell, known: boolean): keyof OutcomeCounts {
  if (!known) return cell.denied ? 'deniedUnknown' : 'approvedUnknown';
  if (cell.denied) return cell.favourable ? 'deniedFavourable' : 'deniedUnfavourable';
  return cell.favourable ? 'approvedFavourable' : 'approvedUnfavourable';
}
