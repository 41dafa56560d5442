// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import { type ColumnTypes, identifier } from './column-type.ts';
import { type TableSource, withRelation } from './load-table.ts';
import type { Relation } from './schema.ts';
import type { Table } from './table.ts';

const JOINED = 'joined_rows';

export interface JoinOptions {
  /** Column that identifies a row in both; without it rows are matched by position. */
  readonly on?: string;
}

/**
 * Adds the declared columns of a second file (such as out-of-fold predictions) to each row; columns of the same name
 * are replaced. Every row must find exactly one row of the file, and the reverse; throws `row_malformed` otherwise,
 * so that no row is lost silently.
 */
export async function joinTable(
  table: Table,
  source: TableSource,
  columns: ColumnTypes,
  options: JoinOptions = {},
): Promise<void> {
  await withRelation(table, source, { columns, others: 'ignore' }, (relation) =>
    joinRelation(table, relation, options.on),
  );
}

/** Adds one number per row, in row order. */
export async function addNumbers(table: Table, name: string, values: Float64Array): Promise<void> {
  await table.appendDoubles('added_numbers', values);
  const select = `SELECT "value" AS ${identifier(name)} FROM added_numbers ORDER BY "row"`;
  await joinRelation(table, { select, columns: new Map([[name, 'number']]) }, undefined);
}

async function joinRelation(
  table: Table,
  relation: Relation,
  on: string | undefined,
): Promise<void> {
  await table.run(`CREATE OR REPLACE TEMP TABLE ${JOINED} AS ${relation.select}`);
  if (on !== undefined) table.column(on);
  const match =
    on === undefined ? 'a.rowid = b.rowid' : `a.${identifier(on)} = b.${identifier(on)}`;
  await refuseUnmatched(table, match);
  const added = [...relation.columns].filter(([name]) => name !== on);
  const kept = [...table.columns].filter(([name]) => !added.some(([other]) => other === name));
  const items = [
    ...kept.map(([name]) => `a.${identifier(name)}`),
    ...added.map(([name]) => `b.${identifier(name)}`),
  ];
  await table.fill({
    select: `SELECT ${items.join(', ')} FROM ${table.relation} a JOIN ${JOINED} b ON ${match} ORDER BY a.rowid`,
    columns: new Map([...kept, ...added]),
  });
  await table.run(`DROP TABLE ${JOINED}`);
}

async function refuseUnmatched(table: Table, match: string): Promise<void> {
  const [rows, pairs, matchedLeft, matchedRight] = await table.select(
    `SELECT (SELECT count(*) FROM ${JOINED}), count(*), count(DISTINCT a.rowid), count(DISTINCT b.rowid)
     FROM ${table.relation} a JOIN ${JOINED} b ON ${match}`,
  );
  const counts = [rows, pairs, matchedLeft, matchedRight].map((column) => Number(column![0]));
  if (counts.every((count) => count === table.rowCount)) return;
  throw new AnalysisError(
    'row_malformed',
    `the joined file has ${counts[0]} rows for ${table.rowCount}, ${counts[1]} pairs match; write exactly one row for each`,
    { details: { rows: counts[0]!, expected: table.rowCount, pairs: counts[1]! } },
  );
}
