// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import { type Roles, refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { type Columns, numberSql, readColumns, refuseBadNumbers } from './read-columns.ts';

/** Predicted and realised numbers of each row, ascending by predicted, actual, weight. */
export interface Estimates extends Columns<'predicted' | 'actual' | 'weights'> {
  /** Place of the row's unit, from 1, where units are declared. */
  readonly units?: Float64Array;
}

export interface ReadEstimatesOptions {
  readonly by?: readonly Grouping[] | undefined;
  /** Rows whose actual number is not known yet: an error (default), or left out. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
}

/** The rows of each group, all under `` without grouping. Throws AnalysisError naming column and row of a number that cannot be used. */
export async function readEstimates(
  table: Table,
  roles: Roles,
  options: ReadEstimatesOptions = {},
): Promise<ReadonlyMap<string, Estimates>> {
  const where = await countedRows(table, roles, options.unlabelled);
  const expressions = {
    predicted: numberSql(table, roles.score),
    actual: numberSql(table, roles.label),
    weights: weightSql(table, roles),
    units: unitSql(table, roles),
  };
  const groups = await readColumns(table, expressions, { where, by: options.by });
  if (roles.unit !== undefined) return groups;
  return new Map([...groups].map(([name, { units: _none, ...rows }]) => [name, rows]));
}

/** Checks the roles and gives the SQL condition of the rows with an actual number. */
export async function countedRows(
  table: Table,
  roles: Roles,
  unlabelled: 'refuse' | 'skip' = 'refuse',
): Promise<string> {
  const where = unlabelled === 'skip' ? `${table.column(roles.label)} IS NOT NULL` : 'true';
  const { weights } = roles;
  if (typeof weights === 'object') {
    throw new AnalysisError(
      'plan_invalid',
      'weights by value of the label mean nothing for an estimate; name a column of weights',
      { details: { field: 'sampling.weights' } },
    );
  }
  await refuseBadNumbers(
    table,
    [
      { name: roles.score, needs: 'finite' },
      { name: roles.label, needs: 'finite' },
      ...(weights === undefined ? [] : [{ name: weights, needs: 'positive' as const }]),
    ],
    where,
  );
  await refuseMissingUnit(table, roles, where);
  return where;
}

async function refuseMissingUnit(table: Table, { unit }: Roles, where: string): Promise<void> {
  if (unit === undefined) return;
  await refuseRows(table, [
    {
      code: 'value_missing',
      column: unit,
      fails: `(${where}) AND ${table.column(unit)} IS NULL`,
      message: 'has no unit; name whom the row belongs to',
    },
  ]);
}

export function weightSql(table: Table, { weights }: Roles): string {
  return typeof weights === 'string' ? numberSql(table, weights) : '1::DOUBLE';
}

/** Place of the row's unit among all. */
export function unitSql(table: Table, { unit }: Roles): string {
  if (unit === undefined) return '0::DOUBLE';
  return `CAST(dense_rank() OVER (ORDER BY ${table.column(unit)}) AS DOUBLE)`;
}
