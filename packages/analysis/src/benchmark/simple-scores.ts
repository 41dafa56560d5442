// SPDX-License-Identifier: Apache-2.0
import type { DesignMatrix } from '../conceptual/design-matrix.ts';
import { sumOver } from '../numeric/sum.ts';
import { type Matrix, solved } from '../numeric/symmetric.ts';

const FOLDS = 5;
const STEPS_MAX = 50;
const CONVERGED = 1e-10;
/** Newton's method inverts a matrix of this many columns at each step. */
export const LOGISTIC_COLUMNS_MAX = 60;

/** The share of events for everybody. With weights, the weighted one. */
export function baseRateScores(
  labels: readonly (0 | 1)[],
  weights: readonly number[],
): readonly number[] {
  const total = sumOver(labels.length, (at) => weights[at]!);
  const events = sumOver(labels.length, (at) => weights[at]! * labels[at]!);
  return labels.map(() => events / total);
}

/**
 * Probabilities of a logistic regression on standardised columns with ridge penalty ½‖w‖², intercept free (scikit-learn's
 * default, C = 1), each fifth of the rows scored by the fit on the other four. Fifths go by place, so rows must come ordered
 * by content. Undefined where a fit does not converge or a label is missing from the rows fitted on.
 */
export function logisticScores(
  matrix: DesignMatrix,
  labels: readonly (0 | 1)[],
  weights: readonly number[],
): readonly number[] | undefined {
  const columns = matrix.columns.map(({ values }) => standardised(values));
  const scores = new Array<number>(labels.length).fill(0);
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const fitted = labels.flatMap((_, row) => (row % FOLDS === fold ? [] : [row]));
    const fit = ridgeLogistic(columns, { labels, weights, rows: fitted });
    if (fit === undefined) return undefined;
    labels.forEach((_, row) => {
      if (row % FOLDS === fold) scores[row] = probability(columns, fit, row);
    });
  }
  return scores;
}

/** Coefficients with the intercept first, by Newton's method; undefined where it does not converge. */
export function ridgeLogistic(
  columns: readonly Float64Array[],
  data: {
    readonly labels: readonly (0 | 1)[];
    readonly weights: readonly number[];
    readonly rows: readonly number[];
  },
): Float64Array | undefined {
  const { labels, weights, rows } = data;
  const size = columns.length + 1;
  const present = new Set(rows.map((row) => labels[row]));
  if (present.size < 2) return undefined;
  const x = (row: number, at: number) => (at === 0 ? 1 : columns[at - 1]![row]!);
  let fit: Float64Array = new Float64Array(size);
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const pull = Float64Array.from({ length: size }, (_, at) => (at === 0 ? 0 : -fit[at]!));
    const curve = Array.from({ length: size }, (_, at) => {
      const row = new Float64Array(size);
      row[at] = at === 0 ? 0 : 1;
      return row;
    });
    for (const row of rows)
      addRow(
        { pull, curve, x, row },
        {
          p: probability(columns, fit, row),
          label: labels[row]!,
          weight: weights[row]!,
        },
      );
    const move = solved(mirrored(curve), pull);
    fit = fit.map((value, at) => value + move[at]!);
    if (!fit.every(Number.isFinite)) return undefined;
    if (move.every((part) => Math.abs(part) < CONVERGED)) return fit;
  }
  return undefined;
}

function addRow(
  to: {
    readonly pull: Float64Array;
    readonly curve: readonly Float64Array[];
    readonly x: (row: number, at: number) => number;
    readonly row: number;
  },
  of: { readonly p: number; readonly label: number; readonly weight: number },
): void {
  const { pull, curve, x, row } = to;
  const residual = of.weight * (of.label - of.p);
  const bend = of.weight * of.p * (1 - of.p);
  for (let first = 0; first < pull.length; first += 1) {
    const own = x(row, first);
    pull[first]! += residual * own;
    const line = curve[first]!;
    for (let second = 0; second <= first; second += 1) line[second]! += bend * own * x(row, second);
  }
}

function mirrored(lower: readonly Float64Array[]): Matrix {
  return lower.map((row, at) =>
    row.map((value, other) => (other <= at ? value : lower[other]![at]!)),
  );
}

function probability(columns: readonly Float64Array[], fit: Float64Array, row: number): number {
  let sum = fit[0]!;
  for (let at = 0; at < columns.length; at += 1) sum += fit[at + 1]! * columns[at]![row]!;
  return 1 / (1 + Math.exp(-sum));
}

function standardised(values: Float64Array): Float64Array {
  const n = values.length;
  const mean = sumOver(n, (at) => values[at]!) / n;
  const deviation = Math.sqrt(sumOver(n, (at) => (values[at]! - mean) ** 2) / n);
  return values.map((value) => (value - mean) / deviation);
}
