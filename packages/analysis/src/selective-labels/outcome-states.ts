// SPDX-License-Identifier: Apache-2.0
import type { OutcomeState, SelectiveLabelsPlan } from '@countersign/pipeline';
import { dateExpression } from '../backtest/periods.ts';
import { AnalysisError } from '../errors.ts';
import { identifier, literal } from '../table/column-type.ts';
import { type Roles, refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';

/** How a state enters the figures. */
export type StateUse = 'outcome' | 'unobserved' | 'left out';

export interface StateCount {
  readonly state: OutcomeState;
  readonly use: StateUse;
  readonly rows: number;
}

const COUNTED_COLUMN = 'counted_outcome';
const ALWAYS_COUNTED: readonly OutcomeState[] = ['realised', 'matured'];
// Missing because time has not told yet, not because somebody chose: no figure is about them.
const LEFT_OUT: readonly OutcomeState[] = ['pending', 'indeterminate', 'censored'];

/** States without outcome by somebody’s choice are part of whom figures must be about; those that wait for time are not. */
export function useOf(state: OutcomeState, plan: Pick<SelectiveLabelsPlan, 'counts'>): StateUse {
  const counted: readonly OutcomeState[] = [...ALWAYS_COUNTED, ...(plan.counts ?? [])];
  if (counted.includes(state)) return 'outcome';
  return LEFT_OUT.includes(state) ? 'left out' : 'unobserved';
}

/**
 * SQL text of each row's state by the plan's rules, the first that fits deciding; a realised outcome younger than the plan's
 * maturation is pending. Throws `column_missing`, `column_type`.
 */
export async function stateExpression(table: Table, plan: SelectiveLabelsPlan): Promise<string> {
  const cases = plan.rules.map(({ column, values, state }) => {
    const name = table.column(column);
    const fits =
      values === undefined
        ? `${name} IS NULL`
        : `CAST(${name} AS VARCHAR) IN (${values.map(literal).join(', ')})`;
    return `WHEN ${fits} THEN ${literal(state)}`;
  });
  const declared = `CASE ${cases.join(' ')} ELSE ${literal(plan.otherwise)} END`;
  const { maturation } = plan;
  if (maturation === undefined) return declared;
  const since = await dateExpression(table, maturation.since);
  const matured = `${since} + ${intervalOf(maturation.matures_after)} <= DATE ${literal(maturation.as_of)}`;
  return `CASE WHEN (${declared}) = 'realised' AND NOT (${matured}) THEN 'pending' ELSE (${declared}) END`;
}

/** Rows by state, in the order of their counts' names. */
export async function countStates(
  table: Table,
  plan: SelectiveLabelsPlan,
): Promise<readonly StateCount[]> {
  const state = await stateExpression(table, plan);
  const [states, counts] = await table.select(
    `SELECT ${state} AS s, CAST(count(*) AS DOUBLE) FROM ${table.relation} GROUP BY s ORDER BY s`,
  );
  return states!.map((name, at) => {
    const known = String(name) as OutcomeState; // the expression gives the plan's states alone
    return { state: known, use: useOf(known, plan), rows: Number(counts![at]) };
  });
}

/** SQL truth of a use for each row. */
export async function useExpression(
  table: Table,
  plan: SelectiveLabelsPlan,
  use: StateUse,
): Promise<string> {
  const counts = await countStates(table, plan);
  const states = counts.filter((one) => one.use === use).map(({ state }) => literal(state));
  return states.length === 0
    ? 'false'
    : `((${await stateExpression(table, plan)}) IN (${states.join(', ')}))`;
}

/**
 * Adds a column with the label of the rows whose outcome counts, and nothing for all others; the roles then read it, so a
 * pending case is never taken for a good one. Throws `value_missing` for a row that should have an outcome and has none.
 */
export async function countedOutcomes(
  table: Table,
  roles: Roles,
  plan: SelectiveLabelsPlan,
): Promise<Roles> {
  const counted = await useExpression(table, plan, 'outcome');
  const label = table.column(roles.label);
  await refuseRows(table, [
    {
      code: 'value_missing',
      column: roles.label,
      fails: `${counted} AND ${label} IS NULL`,
      message: 'is said to have its outcome and has none; correct `selective_labels.rules`',
    },
  ]);
  const type = table.columns.get(roles.label);
  if (type === undefined) throw new AnalysisError('column_missing', 'the label has no column');
  const kept = [...table.columns].filter(([name]) => name !== COUNTED_COLUMN);
  const items = kept.map(([name]) => identifier(name)).join(', ');
  await table.fill({
    select: `SELECT ${items}, CASE WHEN ${counted} THEN ${label} END AS ${identifier(COUNTED_COLUMN)} FROM ${table.relation}`,
    columns: new Map([...kept, [COUNTED_COLUMN, type]]),
  });
  return { ...roles, label: COUNTED_COLUMN };
}

function intervalOf(window: string): string {
  const [, count, unit] = /^(\d{1,4})([dwmy])$/.exec(window) ?? [];
  const words = { d: 'DAY', w: 'WEEK', m: 'MONTH', y: 'YEAR' } as const;
  const word = words[unit as keyof typeof words];
  if (word !== undefined) return `INTERVAL ${count} ${word}`;
  throw new AnalysisError('plan_invalid', `\`${window}\` is not a length such as \`12m\``, {
    details: { field: 'selective_labels.maturation.matures_after' },
  });
}
