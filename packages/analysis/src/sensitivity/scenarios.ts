// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { InputRow } from '../scorer/input-values.ts';
import { inputFields } from '../scorer/score-table.ts';
import type { InputType, ScorerSpec } from '../scorer/scorer-spec.ts';
import { doubleLiteral, identifier } from '../table/column-type.ts';
import type { Table } from '../table/table.ts';
import type { Perturbation } from './perturbations.ts';

/** What a scenario does to one input; numbers are decimal texts. */
export type InputChange =
  | { readonly set: string | boolean }
  | { readonly add: string }
  | { readonly multiply: string }
  | { readonly quantile: string }
  | { readonly missing: true };

export interface Scenario {
  readonly name: string;
  readonly why: string;
  /** By input; all of them together are the scenario. */
  readonly changes: Readonly<Record<string, InputChange>>;
}

/** A scenario as one change of a row. Throws `plan_invalid` for an unknown input or a change that does not fit its type. */
export async function scenarioChange(
  table: Table,
  spec: ScorerSpec,
  scenario: Scenario,
): Promise<Perturbation> {
  const fields = inputFields(spec);
  const changes: ((row: InputRow) => InputRow)[] = [];
  for (const [input, change] of Object.entries(scenario.changes)) {
    const field = fields.find(({ name }) => name === input);
    if (field === undefined) throw unfit(scenario, input, 'is not an input of the model');
    const changed = await changedValue(table, field, { scenario, change });
    changes.push((row) => ({ ...row, [input]: changed(row[input]) }));
  }
  return {
    name: scenario.name,
    apply: (row) => changes.reduce((changed, change) => change(changed), row),
  };
}

type ChangedValue = (value: unknown) => unknown;

async function changedValue(
  table: Table,
  field: { readonly name: string; readonly type: InputType },
  { scenario, change }: { readonly scenario: Scenario; readonly change: InputChange },
): Promise<ChangedValue> {
  if ('missing' in change) return () => null;
  if ('set' in change) {
    const value = typedValue(change.set, field.type);
    if (value === undefined) {
      throw unfit(scenario, field.name, `is \`${field.type}\` and cannot be \`${change.set}\``);
    }
    return () => value;
  }
  if (field.type === 'string' || field.type === 'bool') {
    throw unfit(scenario, field.name, `is \`${field.type}\`; only \`set\` and \`missing\` fit it`);
  }
  const whole = field.type === 'i64';
  const typed = (value: number) => (whole ? Math.round(value) : value);
  if ('quantile' in change) {
    const value = typed(await quantileOf(table, field.name, Number(change.quantile)));
    return () => value;
  }
  // A missing value stays missing: nobody knows what it would be moved from.
  const moved = (by: (value: number) => number) => (value: unknown) =>
    value === null || value === undefined ? value : typed(by(Number(value)));
  if ('add' in change) return moved((value) => value + Number(change.add));
  return moved((value) => value * Number(change.multiply));
}

function typedValue(value: string | boolean, type: InputType): unknown {
  if (type === 'bool') {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  }
  if (typeof value === 'boolean') return undefined;
  if (type === 'string') return value;
  const number = value.trim() === '' ? Number.NaN : Number(value);
  const fits = Number.isFinite(number) && (type !== 'i64' || Number.isSafeInteger(number));
  return fits ? number : undefined;
}

async function quantileOf(table: Table, column: string, share: number): Promise<number> {
  table.column(column);
  const [found] = await table.select(
    `SELECT quantile_disc(CAST(${identifier(column)} AS DOUBLE), ${doubleLiteral(share)}) FROM ${table.relation}`,
  );
  const value = found?.[0];
  if (value !== null && value !== undefined) return Number(value);
  throw new AnalysisError(
    'table_empty',
    `column \`${column}\` holds no value to take a quantile of`,
    {
      details: { column },
    },
  );
}

function unfit({ name }: Scenario, input: string, what: string): AnalysisError {
  return new AnalysisError('plan_invalid', `scenario \`${name}\`: \`${input}\` ${what}`, {
    details: { field: `sensitivity.scenarios.${name}.changes.${input}` },
  });
}
