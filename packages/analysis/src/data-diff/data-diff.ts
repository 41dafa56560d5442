// SPDX-License-Identifier: Apache-2.0
import type { OpenedTables } from '@countersign/pipeline';
import { compareColumns } from './compare-columns.ts';
import { compareRows } from './compare-rows.ts';
import { type ColumnRoles, compareSchema } from './compare-schema.ts';
import type { DataDiff } from './diff-report.ts';

export interface DataDiffOptions {
  /** The column that names a row (an id) or what rows are of (a unit); none compares rows as wholes. */
  readonly key?: string | undefined;
  /** Roles of each table's columns, where its record tells them. */
  readonly roles?: readonly [ColumnRoles, ColumnRoles];
}

/**
 * What changed from the first of two tables to the second: rows, schema, and each common column's distribution, the most
 * changed first. Bins of a stability index are frozen on the first table.
 */
export async function dataDiff(
  { database, tables }: OpenedTables,
  options: DataDiffOptions = {},
): Promise<DataDiff> {
  const [first, second] = tables;
  if (first === undefined || second === undefined) throw new Error('two tables are compared');
  const schema = compareSchema(first.columns, second.columns, options.roles);
  const pair = { first, second, common: schema.common };
  const rows = await compareRows(database, pair, options.key);
  const columns = await compareColumns(database, pair);
  const changed = new Map(rows.changedByColumn.map(({ column, rows: count }) => [column, count]));
  return {
    v: 1,
    rows: { first: first.rows, second: second.rows, ...rows },
    schema: { added: schema.added, removed: schema.removed, changed: schema.changed },
    columns: columns
      .map((column) => ({ ...column, changedRows: changed.get(column.column) ?? null }))
      .sort(mostChangedFirst),
  };
}

/** By stability index; where there is none, by the change of the missing share. */
function mostChangedFirst(a: DataDiff['columns'][number], b: DataDiff['columns'][number]): number {
  const shift = (one: typeof a) =>
    Number(one.psi?.value ?? 0) + Math.abs(Number(one.missing.second) - Number(one.missing.first));
  return shift(b) - shift(a) || (a.column < b.column ? -1 : 1);
}
