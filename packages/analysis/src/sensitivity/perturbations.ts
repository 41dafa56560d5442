// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import { sumOver } from '../numeric/sum.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { InputType } from '../scorer/scorer-spec.ts';
import { identifier } from '../table/column-type.ts';
import type { Table } from '../table/table.ts';

// An input of more levels is tried on its commonest.
const LEVELS_MAX = 50;

/** One change of one input, applied to every row alike. */
export interface Perturbation {
  readonly name: string;
  apply(row: InputRow): InputRow;
}

/** The changes tried on one input: numbers ± `shift` standard deviations and to their 5 % and 95 % quantiles, texts to each level. */
export async function perturbationsOf(
  table: Table,
  input: { readonly name: string; readonly type: InputType },
  shift: number,
): Promise<readonly Perturbation[]> {
  switch (input.type) {
    case 'f32':
    case 'f64':
    case 'i64':
      return numericPerturbations(await spreadOf(table, input.name), input, shift);
    case 'string':
      return (await levelsOf(table, input.name)).map((level) =>
        setTo(input.name, `to \`${level}\``, level),
      );
    case 'bool':
      return [true, false].map((value) => setTo(input.name, `to ${value}`, value));
  }
}

interface Spread {
  readonly deviation: number;
  readonly low: number;
  readonly high: number;
}

function numericPerturbations(
  spread: Spread,
  input: { readonly name: string; readonly type: InputType },
  shift: number,
): readonly Perturbation[] {
  const whole = input.type === 'i64';
  // A whole number moves by at least one.
  const step = whole ? Math.max(1, Math.round(shift * spread.deviation)) : shift * spread.deviation;
  const moved = (name: string, by: number): Perturbation => ({
    name,
    apply: (row) => ({ ...row, [input.name]: Number(row[input.name]) + by }),
  });
  const typed = (value: number) => (whole ? Math.round(value) : value);
  return [
    moved(`− ${shift} sd`, -step),
    moved(`+ ${shift} sd`, step),
    setTo(input.name, 'to 5 % quantile', typed(spread.low)),
    setTo(input.name, 'to 95 % quantile', typed(spread.high)),
  ];
}

function setTo(input: string, name: string, value: unknown): Perturbation {
  return { name, apply: (row) => ({ ...row, [input]: value }) };
}

async function spreadOf(table: Table, column: string): Promise<Spread> {
  const name = table.column(column);
  const [values, counts] = await table.select(
    `SELECT CAST(${name} AS DOUBLE) AS v, CAST(count(*) AS DOUBLE) FROM ${table.relation}
     WHERE ${name} IS NOT NULL GROUP BY v ORDER BY v`,
  );
  const [lows, highs] = await table.select(
    `SELECT quantile_disc(CAST(${identifier(column)} AS DOUBLE), 0.05), quantile_disc(CAST(${identifier(column)} AS DOUBLE), 0.95)
     FROM ${table.relation}`,
  );
  const weights = counts!.map(Number);
  const n = weights.reduce((sum, count) => sum + count, 0);
  if (n < 2) {
    throw new AnalysisError(
      'table_empty',
      `column \`${column}\` has fewer than two values to perturb`,
      {
        details: { column },
      },
    );
  }
  const mean = sumOver(weights.length, (index) => weights[index]! * Number(values![index])) / n;
  const squares = sumOver(
    weights.length,
    (index) => weights[index]! * (Number(values![index]) - mean) ** 2,
  );
  return {
    deviation: Math.sqrt(squares / (n - 1)),
    low: Number(lows![0]),
    high: Number(highs![0]),
  };
}

async function levelsOf(table: Table, column: string): Promise<readonly string[]> {
  const name = table.column(column);
  const [levels] = await table.select(
    `SELECT ${name} AS v FROM ${table.relation} WHERE v IS NOT NULL
     GROUP BY v ORDER BY count(*) DESC, v LIMIT ${LEVELS_MAX}`,
  );
  return levels!.map(String).sort();
}
