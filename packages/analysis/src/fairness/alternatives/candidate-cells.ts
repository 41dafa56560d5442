// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { Cells } from '../../binary/cells.ts';
import { adverseExpression, type Cutoff } from '../../binary/cutoff.ts';
import type { Moments } from '../../intervals/standardised-difference.ts';
import { literal } from '../../table/column-type.ts';
import { groupPlace, readGroupNames } from '../../table/grouping.ts';
import { labelExpression, type Roles } from '../../table/roles.ts';
import type { Table } from '../../table/table.ts';
import { type GroupDecisions, momentsOf, type StratumCounts } from '../decision-counts.ts';
import { favourableLabel, type OutcomeCounts } from '../outcome-counts.ts';

/** Which rows: those of the search, the untouched ones, or all. */
export type RowSet = 'search' | 'untouched' | 'all';

export interface CellGround {
  readonly table: Table;
  readonly roles: Roles;
  readonly factors: readonly string[];
  readonly untouched: { readonly by: string; readonly share: string } | undefined;
}

/** Rows of one score by group, stratum, label, and by how many of the cutoffs they are adverse at. */
export interface BandCells {
  readonly names: readonly string[];
  /** Ascending by number. */
  readonly cutoffs: readonly Cutoff[];
  /** Place of the group in `names`, from 1. */
  readonly groups: readonly number[];
  readonly strata: readonly string[];
  readonly labels: readonly number[];
  readonly bands: readonly number[];
  readonly counts: readonly number[];
  readonly moments: ReadonlyMap<number, Moments>;
}

/** What one group's rows are decided at a cutoff. */
export interface CandidateGroup {
  readonly decisions: GroupDecisions;
  readonly outcomes: OutcomeCounts;
}

/** Counts of one score for all its cutoffs in one pass; every row has a score, which the caller has checked. */
export async function readBandCells(
  ground: CellGround,
  groupings: readonly Grouping[],
  of: { readonly column: string; readonly cutoffs: readonly Cutoff[]; readonly rows: RowSet },
): Promise<BandCells> {
  const { table, roles, factors } = ground;
  const names = await readGroupNames(table, groupings);
  const place = groupPlace(table, groupings, names);
  const stratum = factors
    .map((name) => `coalesce(CAST(${table.column(name)} AS VARCHAR), '')`)
    .join(' || chr(31) || ');
  const cutoffs = [...of.cutoffs].sort((a, b) => Number(a.cutoff) - Number(b.cutoff));
  const column = table.column(of.column);
  const band = cutoffs.map((cutoff) => `CAST(${adverseExpression(column, cutoff)} AS INTEGER)`);
  const where = rowCondition(ground, of.rows);
  const [groups, strata, labels, bands, counts] = await table.select(
    `SELECT ${place} AS g, ${factors.length === 0 ? "''" : stratum} AS f,
       ${labelExpression(table, roles)} AS y, ${band.join(' + ')} AS b, count(*)
     FROM ${table.relation} WHERE ${where} GROUP BY g, f, y, b ORDER BY g, f, y, b`,
  );
  return {
    names,
    cutoffs,
    // A result without rows has no columns either.
    groups: (groups ?? []).map(Number),
    strata: (strata ?? []).map(String),
    labels: (labels ?? []).map(Number),
    bands: (bands ?? []).map(Number),
    counts: (counts ?? []).map(Number),
    moments: await readMoments(table, column, { place, where }),
  };
}

// Rows are told apart by the hash of an identifier, so that the same row is untouched in every run and at every look.
const SALT = 'countersign untouched ';
const HEX_DIGITS = 8;

/** SQL condition of a set of rows; those without an outcome are in none. */
export function rowCondition(
  { table, roles, untouched }: Pick<CellGround, 'table' | 'roles' | 'untouched'>,
  rows: RowSet,
): string {
  const known = `${table.column(roles.label)} IS NOT NULL`;
  if (rows === 'all' || untouched === undefined) return known;
  const edge = Math.floor(Number(untouched.share) * 16 ** HEX_DIGITS);
  const text = `coalesce(CAST(${table.column(untouched.by)} AS VARCHAR), '')`;
  const hash = `substr(md5(${literal(SALT)} || ${text}), 1, ${HEX_DIGITS})`;
  const kept = `${hash} < ${literal(edge.toString(16).padStart(HEX_DIGITS, '0'))}`;
  return `${known} AND ${rows === 'untouched' ? kept : `NOT (${kept})`}`;
}

/** Decisions and outcomes of each group at one of the cells' cutoffs, ascending by name. */
export function groupsAt(cells: BandCells, cutoff: Cutoff): readonly CandidateGroup[] {
  const favourable = favourableLabel(cutoff.adverseWhen);
  const place = cells.cutoffs.findIndex((one) => one.cutoff === cutoff.cutoff);
  const groups = cells.names.map((group) => ({ group, ...emptyGroup() }));
  cells.counts.forEach((count, index) => {
    const group = groups[cells.groups[index]! - 1]!;
    const denied = isAdverseAt(cells, index, place);
    const good = cells.labels[index] === favourable;
    const stratum = group.strata.get(cells.strata[index]!) ?? { approved: 0, denied: 0 };
    stratum[denied ? 'denied' : 'approved'] += count;
    group.strata.set(cells.strata[index]!, stratum);
    if (denied) group.outcomes[good ? 'deniedFavourable' : 'deniedUnfavourable'] += count;
    else group.outcomes[good ? 'approvedFavourable' : 'approvedUnfavourable'] += count;
  });
  return groups.flatMap(({ group, strata, outcomes }, index) => {
    if (strata.size === 0) return [];
    const sum = (key: keyof StratumCounts) =>
      [...strata.values()].reduce((total, one) => total + one[key], 0);
    const [approved, denied] = [sum('approved'), sum('denied')];
    const moments = cells.moments.get(index + 1);
    const score = moments === undefined ? {} : { score: moments };
    const decisions = { group, n: approved + denied, approved, denied, strata, ...score };
    return [{ decisions, outcomes }];
  });
}

/** Scores with labels of some rows, equal ones counted together, as the performance metrics see them. */
export async function readScoreCells(
  ground: CellGround,
  column: string,
  rows: RowSet,
): Promise<Cells> {
  const { table, roles } = ground;
  const [scores, labels, counts] = await table.selectDoubles(
    `SELECT CAST(${table.column(column)} AS DOUBLE) AS s, ${labelExpression(table, roles)} AS y,
       CAST(count(*) AS DOUBLE)
     FROM ${table.relation} WHERE ${rowCondition(ground, rows)} GROUP BY s, y ORDER BY s, y`,
  );
  const weights = new Float64Array(scores!.length).fill(1);
  return { scores: scores!, labels: labels!, weights, counts: counts! };
}

// A row that is adverse at b of the ascending cutoffs is so at the lowest b where adverse means high, else at the highest.
function isAdverseAt({ cutoffs, bands }: BandCells, index: number, place: number): boolean {
  const rises = favourableLabel(cutoffs[place]!.adverseWhen) === 0;
  return rises ? bands[index]! > place : bands[index]! >= cutoffs.length - place;
}

async function readMoments(
  table: Table,
  column: string,
  { place, where }: { readonly place: string; readonly where: string },
): Promise<ReadonlyMap<number, Moments>> {
  const columns = await table.selectDoubles(
    `SELECT ${place} AS g, CAST(${column} AS DOUBLE) AS s, CAST(count(*) AS DOUBLE)
     FROM ${table.relation} WHERE ${where} GROUP BY g, s ORDER BY g, s`,
  );
  const places = columns[0]!;
  const moments = new Map<number, Moments>();
  for (let start = 0; start < places.length; ) {
    let end = start + 1;
    while (end < places.length && places[end] === places[start]) end += 1;
    const [, scores, counts] = columns.map((values) => values.subarray(start, end));
    moments.set(places[start]!, momentsOf(scores!, counts!));
    start = end;
  }
  return moments;
}

function emptyGroup() {
  return {
    strata: new Map<string, { approved: number; denied: number }>(),
    outcomes: {
      approvedFavourable: 0,
      approvedUnfavourable: 0,
      deniedFavourable: 0,
      deniedUnfavourable: 0,
      approvedUnknown: 0,
      deniedUnknown: 0,
    },
  };
}
