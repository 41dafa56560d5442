// SPDX-License-Identifier: Apache-2.0

import type { Grouping } from '@countersign/pipeline';
import { adverseExpression, type Cutoff } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import type { Moments } from '../intervals/standardised-difference.ts';
import { sumOver } from '../numeric/sum.ts';
import { literal } from '../table/column-type.ts';
import { exactSums, momentsOfSums } from '../table/exact-moments.ts';
import { GROUPS_MAX, groupExpression, groupName, readGroupNames } from '../table/grouping.ts';
import { refuseBadScores } from '../table/roles.ts';
import type { ResultColumns, Table } from '../table/table.ts';

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

// More strata than this nobody can read, and the engine would hold as many texts as rows.
const STRATA_MAX = 1_000_000;

/**
 * Decisions by group, ascending by name; `factors` define the strata. Rows without a recorded action are left out. One pass:
 * scores are summed by the engine in whole numbers, which no order of rows or threads changes.
 */
export async function readDecisions(
  table: Table,
  basis: DecisionBasis,
  by: { readonly groupings: readonly Grouping[]; readonly factors: readonly string[] },
): Promise<readonly GroupDecisions[]> {
  const factors = by.factors.map((name) => `coalesce(CAST(${table.column(name)} AS VARCHAR), '')`);
  const [groups, strata, denials, counts, ...scores] = await table.select(
    `SELECT ${groupExpression(table, by.groupings)} AS g,
       ${factors.length === 0 ? "''" : factors.join(' || chr(31) || ')} AS f,
       ${adverseDecision(table, basis)} AS d, count(*)${basis.on === 'action' ? '' : scoreItems(table, basis.score)}
     FROM ${table.relation} GROUP BY g, f, d ORDER BY g, f, d LIMIT ${STRATA_MAX + 1}`,
  );
  if (basis.on === 'recommendation' && !areProbabilities(scores)) {
    await refuseBadScores(table, basis.score);
  }
  await refuseTooMany(table, by.groupings, groups!);
  const found = new Map<string, MutableGroup>();
  groups!.forEach((name, index) => {
    const denied = denials![index];
    if (denied === null) return;
    const group = found.get(String(name)) ?? { strata: new Map(), sums: [0n, 0n, 0n] };
    found.set(String(name), group);
    const stratum = group.strata.get(String(strata![index])) ?? { approved: 0, denied: 0 };
    group.strata.set(String(strata![index]), stratum);
    stratum[denied === true ? 'denied' : 'approved'] += Number(counts![index]);
    if (basis.on === 'action') return;
    const own = [counts, scores[0], scores[1]].map((one) => BigInt(String(one![index])));
    group.sums = [group.sums[0] + own[0]!, group.sums[1] + own[1]!, group.sums[2] + own[2]!];
  });
  return [...found].map(([name, { strata: own, sums }]) =>
    decisionsOf(name, own, basis.on === 'action' ? undefined : momentsOfSums(...sums)),
  );
}

interface MutableGroup {
  readonly strata: Map<string, { approved: number; denied: number }>;
  /** Rows, scores and squared scores, as `exactSums` gives them. */
  sums: [bigint, bigint, bigint];
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

/** The sums of a score, then whether every row of the stratum has one within 0 and 1. */
function scoreItems(table: Table, score: string): string {
  const value = `CAST(${table.column(score)} AS DOUBLE)`;
  const [, ...sums] = exactSums(value);
  // NaN is greater than any number here.
  return `, ${sums.join(', ')}, count(${value}) = count(*) AND min(${value}) >= 0 AND max(${value}) <= 1`;
}

function areProbabilities(scores: ResultColumns): boolean {
  return (scores.at(-1) ?? []).every((one) => one === true);
}

async function refuseTooMany(
  table: Table,
  groupings: readonly Grouping[],
  groups: ResultColumns[number],
): Promise<void> {
  // Throws for too many groups, whatever the strata; the names are known by now.
  if (new Set(groups).size > GROUPS_MAX) await readGroupNames(table, groupings);
  if (groups.length <= STRATA_MAX) return;
  throw new AnalysisError(
    'plan_invalid',
    `the factors of \`${groupName(groupings)}\` make more than ${STRATA_MAX} strata; use factors of fewer values`,
    { details: { grouping: groupName(groupings) } },
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
