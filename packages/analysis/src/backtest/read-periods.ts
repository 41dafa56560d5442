// SPDX-License-Identifier: Apache-2.0
import type { Cells } from '../binary/cells.ts';
import { AnalysisError } from '../errors.ts';
import { labelExpression, type Roles, refuseBadRoles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Periods } from './periods.ts';

/** The rows of one period, ascending in time. */
export interface PeriodCells {
  readonly index: number;
  readonly name: string;
  /** Rows whose outcome is known. */
  readonly cells: Cells;
  /** Rows whose outcome is not known yet: left out of every figure, and counted. */
  readonly unlabelled: number;
}

// More than anyone reads; a window far too short for the data is a mistake of the plan.
const PERIODS_MAX = 400;

/**
 * The labelled rows of each period as cells. A period in which no outcome is known yet is there with empty cells. Throws as
 * `refuseBadRoles` does, and `plan_invalid` for more than 400 periods.
 */
export async function readPeriods(
  table: Table,
  roles: Roles,
  periods: Periods,
): Promise<readonly PeriodCells[]> {
  await refuseBadRoles(table, roles, 'skip');
  const label = table.column(roles.label);
  const known = await table.select(
    `SELECT ${periods.expression} AS g, CAST(count(*) - count(${label}) AS DOUBLE)
     FROM ${table.relation} GROUP BY g ORDER BY g LIMIT ${PERIODS_MAX + 1}`,
  );
  if (known[0]!.length > PERIODS_MAX) {
    throw new AnalysisError(
      'plan_invalid',
      `the rows fall into more than ${PERIODS_MAX} periods; take a longer window`,
      { details: { field: 'window' } },
    );
  }
  const columns = await table.selectDoubles(
    `SELECT ${periods.expression} AS g, CAST(${table.column(roles.score)} AS DOUBLE) AS s,
       ${labelExpression(table, roles)} AS y, CAST(count(*) AS DOUBLE) AS n
     FROM ${table.relation} WHERE ${label} IS NOT NULL GROUP BY ALL ORDER BY g, s, y`,
  );
  let start = 0;
  return known[0]!.map((period, at) => {
    const index = Number(period);
    const end = endOf(columns[0]!, start, index);
    const cells = cellsBetween(columns, start, end);
    start = end;
    return { index, name: periods.nameOf(index), cells, unlabelled: Number(known[1]![at]) };
  });
}

function endOf(places: Float64Array, start: number, index: number): number {
  let end = start;
  while (end < places.length && places[end] === index) end += 1;
  return end;
}

// Views, not copies: the periods of a long table share its arrays.
function cellsBetween(columns: readonly Float64Array[], start: number, end: number): Cells {
  const [, scores, labels, counts] = columns.map((column) => column.subarray(start, end));
  return {
    scores: scores!,
    labels: labels!,
    counts: counts!,
    weights: new Float64Array(end - start).fill(1),
  };
}
