// SPDX-License-Identifier: Apache-2.0
import { AnalysisError, type AnalysisErrorCode } from '../errors.ts';
import { doubleLiteral, literal } from './column-type.ts';
import type { Table } from './table.ts';

/** Which columns mean what. */
export interface Roles {
  /** The model's score: a probability of the positive label, in [0, 1]. */
  readonly score: string;
  /** The realised label. */
  readonly label: string;
  /** The label's text that counts as positive; without it the label must be 0 or 1. */
  readonly positive?: string | undefined;
  /** Row weights: a column of positive numbers, or one decimal per label value. */
  readonly weights?: string | Readonly<Record<string, string>> | undefined;
  /** Whom rows belong to (borrower, policy, patient): rows of one unit are not independent. */
  readonly unit?: string | undefined;
}

/** SQL for a label of 0 or 1, null where it is missing. */
export function labelExpression(table: Table, roles: Roles): string {
  const column = table.column(roles.label);
  const type = table.columns.get(roles.label);
  if (roles.positive === undefined) return `TRY_CAST(${column} AS DOUBLE)`;
  if (type === 'number')
    return `CAST(${column} = ${doubleLiteral(Number(roles.positive))} AS DOUBLE)`;
  return `CAST(CAST(${column} AS VARCHAR) = ${literal(roles.positive)} AS DOUBLE)`;
}

/** SQL for a row's weight; 1 where no weights are declared. */
export function weightExpression(table: Table, roles: Roles): string {
  const { weights } = roles;
  if (weights === undefined) return '1::DOUBLE';
  if (typeof weights === 'string') return `CAST(${table.column(weights)} AS DOUBLE)`;
  const label = `CAST(${table.column(roles.label)} AS VARCHAR)`;
  const cases = Object.entries(weights).map(
    ([value, weight]) => `WHEN ${literal(value)} THEN ${doubleLiteral(Number(weight))}`,
  );
  return `CASE ${label} ${cases.join(' ')} END`;
}

/** A condition on rows that makes them unusable. */
export interface RowCheck {
  readonly code: AnalysisErrorCode;
  readonly column: string;
  readonly fails: string;
  readonly message: string;
}

/** Refuses the first row without a usable score; the error names column and row. */
export async function refuseBadScores(table: Table, score: string): Promise<void> {
  await refuseRows(table, scoreChecks(table, score));
}

function scoreChecks(table: Table, score: string): readonly RowCheck[] {
  const column = table.column(score);
  return [
    {
      code: 'value_missing',
      column: score,
      fails: `${column} IS NULL`,
      message: 'has no score; score every row or leave the row out',
    },
    {
      code: 'score_out_of_range',
      column: score,
      fails: `NOT (${column} >= 0 AND ${column} <= 1)`,
      message: 'has a score outside 0 to 1; measure a probability',
    },
  ];
}

/** Refuses the first row without a usable score, label or weight; rows without label pass if `unlabelled` is `skip`. */
export async function refuseBadRoles(
  table: Table,
  roles: Roles,
  unlabelled: 'refuse' | 'skip',
): Promise<void> {
  const label = labelExpression(table, roles);
  const weight = weightExpression(table, roles);
  const checks: RowCheck[] = [
    ...scoreChecks(table, roles.score),
    ...labelChecks(roles, table, unlabelled),
    {
      code: 'label_not_binary',
      column: roles.label,
      fails: `${table.column(roles.label)} IS NOT NULL AND coalesce(${label} NOT IN (0, 1), true)`,
      message: 'has a label that is neither 0 nor 1; declare the positive label',
    },
    {
      code: 'weight_invalid',
      column: typeof roles.weights === 'string' ? roles.weights : roles.label,
      fails: `${table.column(roles.label)} IS NOT NULL AND coalesce(NOT (${weight} > 0 AND isfinite(${weight})), true)`,
      message: 'has no positive weight; declare one for each label value or row',
    },
  ];
  await refuseRows(table, checks);
  if (roles.positive !== undefined) await refuseThirdLabel(table, roles);
}

function labelChecks(
  roles: Roles,
  table: Table,
  unlabelled: 'refuse' | 'skip',
): readonly RowCheck[] {
  if (unlabelled === 'skip') return [];
  return [
    {
      code: 'value_missing',
      column: roles.label,
      fails: `${table.column(roles.label)} IS NULL`,
      message: 'has no label; leave out rows whose outcome is not known',
    },
  ];
}

/** Refuses the first row that belongs to no unit, where units are declared. */
export async function refuseMissingUnits(table: Table, unit: string): Promise<void> {
  await refuseRows(table, [
    {
      code: 'value_missing',
      column: unit,
      fails: `${table.column(unit)} IS NULL`,
      message: 'names no unit; say whom the row belongs to or leave it out',
    },
  ]);
}

/** Throws for the first row for which a check's `fails` holds; the error names column and row. */
export async function refuseRows(table: Table, checks: readonly RowCheck[]): Promise<void> {
  const firsts = checks.map((check) => `min(rowid) FILTER (WHERE ${check.fails})`);
  const found = await table.select(`SELECT ${firsts.join(', ')} FROM ${table.relation}`);
  checks.forEach((check, index) => {
    const row = found[index]![0];
    if (row === null || row === undefined) return;
    throw new AnalysisError(
      check.code,
      `row ${Number(row) + 1}, column \`${check.column}\`: ${check.message}`,
      {
        details: { column: check.column, row: Number(row) + 1 },
      },
    );
  });
}

// With a declared positive label every other text would silently count as negative, so only one other may appear.
async function refuseThirdLabel(table: Table, roles: Roles): Promise<void> {
  const column = table.column(roles.label);
  const [distinct] = await table.select(`SELECT count(DISTINCT ${column}) FROM ${table.relation}`);
  if (Number(distinct![0]) <= 2) return;
  throw new AnalysisError(
    'label_not_binary',
    `column \`${roles.label}\` holds ${distinct![0]} distinct labels; a binary model needs two`,
    { details: { column: roles.label, distinct: Number(distinct![0]) } },
  );
}
