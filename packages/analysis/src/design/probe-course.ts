// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { attemptRows, readInputs } from '../scorer/score-table.ts';
import type { InputType } from '../scorer/scorer-spec.ts';
import { identifier } from '../table/column-type.ts';
import type { Table } from '../table/table.ts';

const ROWS_MAX = 200;
/** Values tried of a number: this many quantiles, the lowest and the highest included. */
const GRID = 25;

/** Rows that are probed, each under the name that a reader finds it by. */
export interface ProbedRows {
  readonly rows: readonly { readonly name: string; readonly inputs: InputRow }[];
  readonly of: number;
}

/** Rows taken evenly in row order, so that their id can be told beside them. */
export async function probedRows(
  table: Table,
  scorer: Scorer,
  id: string | undefined,
): Promise<ProbedRows> {
  const inputs = await readInputs(table, scorer.spec, { rowsMax: ROWS_MAX });
  const stride = Math.max(1, Math.ceil(table.rowCount / ROWS_MAX));
  const name = id === undefined ? 'place_in_order' : table.column(id);
  const [names] = await table.select(
    `SELECT CAST(${name} AS VARCHAR) FROM (SELECT *, row_number() OVER (ORDER BY rowid) AS place_in_order
       FROM ${table.relation}) WHERE (place_in_order - 1) % ${stride} = 0 ORDER BY place_in_order`,
  );
  const called = id === undefined ? 'row' : id;
  return {
    rows: inputs.map((row, at) => ({ name: `${called} ${String(names?.[at])}`, inputs: row })),
    of: table.rowCount,
  };
}

/** Values over which an input is swept, lowest first; undefined for a text whose order nobody has said. */
export async function sweptValues(
  table: Table,
  input: { readonly name: string; readonly type: InputType },
  levels: readonly string[] | undefined,
): Promise<readonly unknown[] | undefined> {
  if (input.type === 'string') return levels;
  if (input.type === 'bool') return [false, true];
  table.column(input.name);
  const column = `CAST(${identifier(input.name)} AS DOUBLE)`;
  const picks = Array.from(
    { length: GRID },
    (_, at) => `quantile_disc(${column}, ${at / (GRID - 1)}) AS q${at}`,
  );
  const found = await table.select(`SELECT ${picks.join(', ')} FROM ${table.relation}`);
  const values = found.map((one) => one[0]).filter((value) => value !== null);
  return [...new Set(values.map(Number))];
}

export interface Course {
  readonly input: string;
  readonly values: readonly unknown[];
  readonly direction: 'increases' | 'decreases';
  /** `ends`: the lowest value against the highest; `steps`: each value against the next. */
  readonly compare: 'ends' | 'steps';
  readonly tolerance: number;
}

/** One wrong turn of the score: two values of the input in the same row. */
export interface Turn {
  readonly row: string;
  readonly from: string;
  readonly to: string;
  readonly before: number;
  readonly after: number;
  /** By how much the score went the wrong way. */
  readonly by: number;
}

export interface CourseResult {
  /** Rows that the model answered at two values or more. */
  readonly rows: number;
  /** Rows with a wrong turn beyond the tolerance. */
  readonly violations: number;
  /** Answers refused, for a value outside what the model declares. */
  readonly refused: number;
  readonly worst: Turn | undefined;
  /** The lowest and highest score over all probes. */
  readonly scores: { readonly low: number; readonly high: number } | undefined;
}

/**
 * Individual conditional expectations (Goldstein, Kapelner, Bleich & Pitkin 2015): each row is scored with the input swept
 * over its values and all else as it is, and the score's course is held against the direction.
 */
export async function probeCourse(
  scorer: Scorer,
  { rows }: ProbedRows,
  course: Course,
): Promise<CourseResult> {
  const probes = rows.flatMap(({ inputs }) =>
    course.values.map((value) => ({ ...inputs, [course.input]: value })),
  );
  const answers = await attemptRows(scorer, probes);
  const width = course.values.length;
  const turns: Turn[] = [];
  let answeredRows = 0;
  let refused = 0;
  let scores: CourseResult['scores'];
  rows.forEach(({ name }, row) => {
    const points = course.values.flatMap((value, at) => {
      const answer = answers[row * width + at];
      if (answer === undefined) return [];
      if (!(answer instanceof AnalysisError)) return [{ value, score: answer.score }];
      if (!answer.code.startsWith('input_')) throw answer;
      refused += 1;
      return [];
    });
    for (const { score } of points) {
      scores = {
        low: Math.min(scores?.low ?? score, score),
        high: Math.max(scores?.high ?? score, score),
      };
    }
    if (points.length < 2) return;
    answeredRows += 1;
    const worst = worstTurn(name, points, course);
    if (worst !== undefined) turns.push(worst);
  });
  const worst = turns.reduce<Turn | undefined>(
    (most, turn) => (most === undefined || turn.by > most.by ? turn : most),
    undefined,
  );
  return { rows: answeredRows, violations: turns.length, refused, worst, scores };
}

interface Point {
  readonly value: unknown;
  readonly score: number;
}

function worstTurn(row: string, points: readonly Point[], course: Course): Turn | undefined {
  const first = points[0];
  const last = points.at(-1);
  const pairs =
    course.compare === 'ends'
      ? [[first, last] as const]
      : points.slice(1).map((point, at) => [points[at], point] as const);
  let worst: Turn | undefined;
  for (const [from, to] of pairs) {
    if (from === undefined || to === undefined) continue;
    const rise = to.score - from.score;
    const by = course.direction === 'increases' ? -rise : rise;
    if (by <= course.tolerance || by <= (worst?.by ?? 0)) continue;
    worst = {
      row,
      from: String(from.value),
      to: String(to.value),
      before: from.score,
      after: to.score,
      by,
    };
  }
  return worst;
}
