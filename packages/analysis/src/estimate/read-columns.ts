// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import { groupPlace, readGroupNames } from '../table/grouping.ts';
import { type RowCheck, refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';

/** Columns of equal length by name. */
export type Columns<Name extends string> = Readonly<Record<Name, Float64Array>>;

export interface ReadColumnsOptions {
  /** SQL condition of the rows that count; all without it. */
  readonly where?: string | undefined;
  /** Each group's rows apart; without it all rows under the name ``. */
  readonly by?: readonly Grouping[] | undefined;
}

/**
 * Numbers of every row as typed arrays, by group. Rows are ordered by their own values in the order of `expressions`, so
 * neither the table's order nor threads can change a sum. Expressions must be DOUBLE and never null.
 */
export async function readColumns<Name extends string>(
  table: Table,
  expressions: Readonly<Record<Name, string>>,
  { where, by }: ReadColumnsOptions = {},
): Promise<ReadonlyMap<string, Columns<Name>>> {
  const names = Object.keys(expressions) as Name[]; // the record's own keys
  const groups = by === undefined ? [''] : await readGroupNames(table, by);
  const place = by === undefined ? '1::DOUBLE' : groupPlace(table, by, groups);
  const items = names.map((name, index) => `${expressions[name]} AS c${index}`);
  const order = names.map((_, index) => `c${index}`);
  const found = await table.selectDoubles(
    `SELECT ${place} AS g, ${items.join(', ')} FROM ${table.relation} WHERE ${where ?? 'true'}
     ORDER BY ${['g', ...order].join(', ')}`,
  );
  return splitBy(found, groups, names);
}

// Views, not copies: the groups of a long table share its arrays.
function splitBy<Name extends string>(
  found: readonly Float64Array[],
  groups: readonly string[],
  names: readonly Name[],
): ReadonlyMap<string, Columns<Name>> {
  const places = found[0]!;
  const split = new Map<string, Columns<Name>>();
  for (let start = 0; start < places.length; ) {
    let end = start + 1;
    while (end < places.length && places[end] === places[start]) end += 1;
    const entries = names.map((name, index) => [name, found[index + 1]!.subarray(start, end)]);
    split.set(groups[places[start]! - 1]!, Object.fromEntries(entries));
    start = end;
  }
  return split;
}

/** What a number of every counted row must be. */
export type NumberNeed = 'finite' | 'positive' | 'not-negative';

const NEEDS: Readonly<Record<NumberNeed, { readonly fails: string; readonly message: string }>> = {
  finite: { fails: 'false', message: '' },
  positive: { fails: '<= 0', message: 'is not above 0' },
  'not-negative': { fails: '< 0', message: 'is below 0' },
};

/** Refuses a column that is no number (`column_type`), and its first row that is missing or unfit (`value_*`). */
export async function refuseBadNumbers(
  table: Table,
  columns: readonly { readonly name: string; readonly needs: NumberNeed }[],
  where = 'true',
): Promise<void> {
  for (const { name } of columns) refuseOtherType(table, name);
  await refuseRows(
    table,
    columns.flatMap(({ name, needs }) => numberChecks(table, { name, needs, where })),
  );
}

function refuseOtherType(table: Table, name: string): void {
  table.column(name);
  const type = table.columns.get(name)!;
  if (type === 'integer' || type === 'number') return;
  throw new AnalysisError('column_type', `column \`${name}\` is \`${type}\`; measure a number`, {
    details: { column: name },
  });
}

function numberChecks(
  table: Table,
  { name, needs, where }: { name: string; needs: NumberNeed; where: string },
): readonly RowCheck[] {
  const column = numberSql(table, name);
  const { fails, message } = NEEDS[needs];
  const missing: RowCheck = {
    code: 'value_missing',
    column: name,
    fails: `(${where}) AND ${column} IS NULL`,
    message: 'has no value; fill it or leave the row out',
  };
  const infinite: RowCheck = {
    code: 'value_invalid',
    column: name,
    fails: `(${where}) AND NOT isfinite(${column})`,
    message: 'holds no finite number',
  };
  if (needs === 'finite') return [missing, infinite];
  const unfit: RowCheck = {
    code: 'value_invalid',
    column: name,
    fails: `(${where}) AND ${column} ${fails}`,
    message: `${message}; correct the value or leave the row out`,
  };
  return [missing, infinite, unfit];
}

/** A numeric column as SQL DOUBLE. */
export function numberSql(table: Table, name: string): string {
  return `CAST(${table.column(name)} AS DOUBLE)`;
}
