// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import { groupPlace, readGroupNames } from '../table/grouping.ts';
import { labelExpression, type Roles, refuseBadRoles, weightExpression } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Cells } from './cells.ts';

export interface ReadCellsOptions {
  /** Rows whose label is missing: an error (default), or left out. */
  readonly unlabelled?: 'refuse' | 'skip';
}

/** The cells of all rows. Throws AnalysisError naming column and row for a missing or unusable score, label or weight. */
export async function readCells(
  table: Table,
  roles: Roles,
  options: ReadCellsOptions = {},
): Promise<Cells> {
  await refuseBadRoles(table, roles, options.unlabelled ?? 'refuse');
  const columns = await selectCells(table, roles, '1::DOUBLE');
  return cellsBetween(columns, 0, columns[0]!.length);
}

/** The cells of each group that has labelled rows, ascending by group name. */
export async function readGroupedCells(
  table: Table,
  roles: Roles,
  groupings: readonly Grouping[],
  options: ReadCellsOptions = {},
): Promise<ReadonlyMap<string, Cells>> {
  await refuseBadRoles(table, roles, options.unlabelled ?? 'refuse');
  const names = await readGroupNames(table, groupings);
  const columns = await selectCells(table, roles, groupPlace(table, groupings, names));
  const places = columns[0]!;
  const groups = new Map<string, Cells>();
  for (let start = 0; start < places.length; ) {
    let end = start + 1;
    while (end < places.length && places[end] === places[start]) end += 1;
    groups.set(names[places[start]! - 1]!, cellsBetween(columns, start, end));
    start = end;
  }
  return groups;
}

async function selectCells(
  table: Table,
  roles: Roles,
  place: string,
): Promise<readonly Float64Array[]> {
  return table.selectDoubles(
    `SELECT ${place} AS g, CAST(${table.column(roles.score)} AS DOUBLE) AS s,
       ${labelExpression(table, roles)} AS y, ${weightExpression(table, roles)} AS w,
       CAST(count(*) AS DOUBLE) AS n
     FROM ${table.relation} WHERE ${table.column(roles.label)} IS NOT NULL
     GROUP BY ALL ORDER BY g, s, y, w`,
  );
}

// Views, not copies: the groups of a long table share its arrays.
function cellsBetween(columns: readonly Float64Array[], start: number, end: number): Cells {
  const [, scores, labels, weights, counts] = columns.map((column) => column.subarray(start, end));
  return { scores: scores!, labels: labels!, weights: weights!, counts: counts! };
}
