// SPDX-License-Identifier: Apache-2.0
import { adverseExpression, type Cutoff } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import { literal } from '../table/column-type.ts';
import { labelExpression, type Roles, refuseBadRoles, refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { PairedCounts } from './paired-difference.ts';
import type { DiagnosticCounts } from './predictive-values.ts';

/** A second reading of the same cases: the text of the column that is positive, `1` without it. */
export interface ReferenceColumn {
  readonly column: string;
  readonly positive?: string | undefined;
}

/** Counts of readings at the cutoff. Throws AnalysisError for an unusable score or label. */
export async function readReadings(
  table: Table,
  roles: Roles,
  cutoff: Cutoff,
): Promise<DiagnosticCounts> {
  await refuseBadRoles(table, { ...roles, weights: undefined }, 'refuse');
  const isPositive = adverseExpression(table.column(roles.score), cutoff);
  const label = labelExpression(table, roles);
  const count = (condition: string) => `count(*) FILTER (WHERE ${condition})`;
  const [tp, fn, tn, fp] = await table.select(
    `SELECT ${count(`${label} = 1 AND ${isPositive}`)}, ${count(`${label} = 1 AND NOT ${isPositive}`)},
       ${count(`${label} = 0 AND NOT ${isPositive}`)}, ${count(`${label} = 0 AND ${isPositive}`)}
     FROM ${table.relation}`,
  );
  return {
    truePositives: Number(tp![0]),
    falseNegatives: Number(fn![0]),
    trueNegatives: Number(tn![0]),
    falsePositives: Number(fp![0]),
  };
}

/**
 * Right and wrong readings of the model (first) and of the reference (second), among cases with the condition (`1`) or
 * without it (`0`). Throws `value_missing` for a case that the reference did not read.
 */
export async function readPairedReadings(
  table: Table,
  at: { readonly roles: Roles; readonly cutoff: Cutoff; readonly label: 0 | 1 },
  reference: ReferenceColumn,
): Promise<PairedCounts> {
  const column = table.column(reference.column);
  await refuseRows(table, [
    {
      code: 'value_missing',
      column: reference.column,
      fails: `${column} IS NULL`,
      message: 'has no reading; leave the case out',
    },
  ]);
  await refuseThirdReading(table, reference);
  const own = adverseExpression(table.column(at.roles.score), at.cutoff);
  const other = `(CAST(${column} AS VARCHAR) = ${literal(reference.positive ?? '1')})`;
  const [isRight, isRightToo] = at.label === 1 ? [own, other] : [`NOT ${own}`, `NOT ${other}`];
  const label = labelExpression(table, at.roles);
  const count = (first: string, second: string) =>
    `count(*) FILTER (WHERE ${label} = ${at.label} AND ${first} AND ${second})`;
  const no = (right: string) => `NOT (${right})`;
  const [both, first, second, neither] = await table.select(
    `SELECT ${count(isRight, isRightToo)}, ${count(isRight, no(isRightToo))},
       ${count(no(isRight), isRightToo)}, ${count(no(isRight), no(isRightToo))}
     FROM ${table.relation}`,
  );
  return {
    both: Number(both![0]),
    first: Number(first![0]),
    second: Number(second![0]),
    neither: Number(neither![0]),
  };
}

// A misspelt positive text would count every reading as negative.
async function refuseThirdReading(table: Table, reference: ReferenceColumn): Promise<void> {
  const column = `CAST(${table.column(reference.column)} AS VARCHAR)`;
  const positive = reference.positive ?? '1';
  const [distinct, found] = await table.select(
    `SELECT count(DISTINCT ${column}), count(*) FILTER (WHERE ${column} = ${literal(positive)}) FROM ${table.relation}`,
  );
  if (Number(distinct![0]) <= 2 && Number(found![0]) > 0) return;
  throw new AnalysisError(
    'label_not_binary',
    `column \`${reference.column}\` holds ${distinct![0]} distinct readings, \`${positive}\` ${found![0]} times; a reading is positive or not`,
    { details: { column: reference.column } },
  );
}
