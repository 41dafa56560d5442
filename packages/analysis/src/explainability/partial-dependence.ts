// SPDX-License-Identifier: Apache-2.0
import { meanOf } from '../numeric/student.ts';
import { answersOf } from '../scorer/answered-rows.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import type { InputType } from '../scorer/scorer-spec.ts';
import { doubleLiteral, identifier } from '../table/column-type.ts';
import type { Table } from '../table/table.ts';

// A text of more levels is tried on its commonest.
const LEVELS_MAX = 20;
/** Ends of the band of individual curves. */
const BAND = { low: 0.1, high: 0.9 } as const;

/** The model with one input set to one value in every row. */
export interface DependencePoint {
  readonly value: unknown;
  /** Rows that the scorer answers at this value. */
  readonly rows: number;
  readonly mean: number;
  /** 10 % and 90 % of the rows' own scores. */
  readonly low: number;
  readonly high: number;
}

export interface Dependence {
  readonly points: readonly DependencePoint[];
  /** Highest mean less lowest. */
  readonly range: number;
  /** Largest standard deviation, over the grid, of curves that start together: 0 where the input acts alike in every row. */
  readonly spread: number;
}

/** Values tried: evenly spaced quantiles of a number that occur in the rows, commonest levels of a text, both truths. */
export async function gridOf(
  table: Table,
  input: { readonly name: string; readonly type: InputType },
  size: number,
): Promise<readonly unknown[]> {
  const column = table.column(input.name);
  if (input.type === 'bool') return [false, true];
  if (input.type === 'string') {
    const [levels] = await table.select(
      `SELECT ${column} AS v FROM ${table.relation} WHERE v IS NOT NULL
       GROUP BY v ORDER BY count(*) DESC, v LIMIT ${LEVELS_MAX}`,
    );
    return levels!.map(String).sort();
  }
  const name = `CAST(${identifier(input.name)} AS DOUBLE)`;
  const picks = Array.from(
    { length: size },
    (_, at) => `quantile_disc(${name}, ${doubleLiteral(at / (size - 1))}) AS q${at}`,
  );
  const found = await table.select(`SELECT ${picks.join(', ')} FROM ${table.relation}`);
  const values = found.flatMap(([value]) =>
    value === null || value === undefined ? [] : [Number(value)],
  );
  return [...new Set(values)];
}

/**
 * Partial dependence (J. H. Friedman, Annals of Statistics 29 (2001) 1189–1232) with the spread of the individual curves
 * behind it (Goldstein, Kapelner, Bleich & Pitkin 2015): the mean hides an input that acts one way here and another there.
 */
export async function dependence(
  scorer: Scorer,
  rows: readonly InputRow[],
  at: { readonly input: string; readonly grid: readonly unknown[] },
): Promise<Dependence> {
  const { input, grid } = at;
  const probes = rows.flatMap((row) => grid.map((value) => ({ ...row, [input]: value })));
  const answers = await answersOf(scorer, probes);
  const curve = (row: number) => grid.map((_, point) => answers[row * grid.length + point]!);
  const curves = rows.map((_, row) => curve(row));
  const points = grid.flatMap((value, point) => {
    const scores = curves.flatMap((own) => own[point] ?? []).sort((a, b) => a - b);
    const mean = meanOf(scores, 0.5)?.value;
    if (mean === undefined) return [];
    const quantile = (share: number) => scores[Math.ceil(share * scores.length) - 1]!;
    return [
      { value, rows: scores.length, mean, low: quantile(BAND.low), high: quantile(BAND.high) },
    ];
  });
  const means = points.map(({ mean }) => mean);
  const whole = curves.filter((own) => own.every((score) => score !== null));
  return {
    points,
    range: points.length === 0 ? 0 : Math.max(...means) - Math.min(...means),
    spread: grid.reduce<number>((most, _, point) => {
      const risen = whole.map((own) => own[point]! - own[0]!);
      const found = meanOf(risen, 0.5);
      return found === undefined ? most : Math.max(most, found.error * Math.sqrt(found.n));
    }, 0),
  };
}
