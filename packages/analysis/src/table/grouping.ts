// SPDX-License-Identifier: Apache-2.0
import { type Grouping, groupingSql, NOT_PROVIDED, OTHER_GROUP } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import { literal } from './column-type.ts';
import type { Table } from './table.ts';

const INTERSECTION = ' × ';
/** More groups than anyone can read; each is also looked up in a list for every row. */
export const GROUPS_MAX = 1000;

/** The intersection of several groupings as one: `sex × age-band`, with groups such as `female × under 25`. */
export function groupName(groupings: readonly Grouping[]): string {
  return groupings.map((grouping) => grouping.name).join(INTERSECTION);
}

/** The reference of an intersection: every part's reference. Undefined when a part declares none. */
export function referenceOf(groupings: readonly Grouping[]): string | undefined {
  const parts = groupings.map((grouping) => grouping.reference);
  return parts.some((part) => part === undefined) ? undefined : parts.join(INTERSECTION);
}

/** Whether a group holds rows that tell no group: value missing, or listed by none of the declared groups. */
export function isUndeclared(group: string, groupings: readonly Grouping[]): boolean {
  const parts = group.split(INTERSECTION);
  return groupings.some(
    ({ groups }, index) =>
      parts[index] === NOT_PROVIDED || (groups !== undefined && parts[index] === OTHER_GROUP),
  );
}

/** SQL text of the group's name for each row; never null. Throws `column_missing` or `plan_invalid`. */
export function groupExpression(table: Table, groupings: readonly Grouping[]): string {
  return groupings
    .map((grouping) => {
      table.column(grouping.column);
      if (grouping.bands !== undefined) refuseUnbandable(table, grouping);
      return `(${groupingSql(grouping)})`;
    })
    .join(` || ${literal(INTERSECTION)} || `);
}

/** Names of the groups that occur, ascending. Throws `plan_invalid` for a grouping that tells nearly every row apart. */
export async function readGroupNames(
  table: Table,
  groupings: readonly Grouping[],
): Promise<readonly string[]> {
  const [names] = await table.select(
    `SELECT DISTINCT ${groupExpression(table, groupings)} AS g FROM ${table.relation} ORDER BY g LIMIT ${GROUPS_MAX + 1}`,
  );
  if (names!.length <= GROUPS_MAX) return names!.map(String);
  throw new AnalysisError(
    'plan_invalid',
    `grouping \`${groupName(groupings)}\` has more than ${GROUPS_MAX} groups; use bands or mapped values`,
    { details: { grouping: groupName(groupings) } },
  );
}

/** SQL of each row's place, from 1, among these names, as DOUBLE. */
export function groupPlace(
  table: Table,
  groupings: readonly Grouping[],
  names: readonly string[],
): string {
  const list = names.map(literal).join(', ');
  return `CAST(list_position([${list}], ${groupExpression(table, groupings)}) AS DOUBLE)`;
}

function refuseUnbandable(table: Table, grouping: Grouping): void {
  const type = table.columns.get(grouping.column);
  const edges = (grouping.bands ?? []).map(Number);
  const ascending = edges.every((edge, index) => index === 0 || edge > edges[index - 1]!);
  if ((type === 'integer' || type === 'number') && edges.length > 0 && ascending) return;
  throw new AnalysisError(
    'plan_invalid',
    `grouping \`${grouping.name}\` has bands that are not ascending numbers over a numeric column; correct them`,
    { details: { grouping: grouping.name, column: grouping.column } },
  );
}
