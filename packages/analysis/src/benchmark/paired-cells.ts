// SPDX-License-Identifier: Apache-2.0

import { meanPlacement, placementsOf } from '../binary/auc.ts';
import { type Cells, sizesOf } from '../binary/cells.ts';
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue, normalTwoSided } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';

/** Rows scored by two models, equal rows counted together, ascending by candidate, challenger, label, weight, unit. */
export interface PairedCells {
  readonly candidate: Float64Array;
  readonly challenger: Float64Array;
  readonly labels: Float64Array;
  readonly counts: Float64Array;
  /** Absent where every row weighs 1. */
  readonly weights?: Float64Array | undefined;
  /** Whole numbers that tell whom a cell's rows belong to; absent where rows are independent. */
  readonly units?: Float64Array | undefined;
}

export interface PairedDifference extends Estimate {
  /** Two-sided p of no difference; absent where the variance is zero. */
  readonly pValue?: number;
}

/** One row as both models score it. */
export interface PairedRow {
  readonly candidate: number;
  readonly challenger: number;
  readonly label: 0 | 1;
  readonly weight?: number;
}

/** Cells of rows one by one, in any order. */
export function pairedCellsOf(rows: readonly PairedRow[]): PairedCells {
  const weight = (row: PairedRow) => row.weight ?? 1;
  const sorted = [...rows].sort(
    (a, b) =>
      a.candidate - b.candidate ||
      a.challenger - b.challenger ||
      a.label - b.label ||
      weight(a) - weight(b),
  );
  const column = (value: (row: PairedRow) => number) => Float64Array.from(sorted, value);
  return {
    candidate: column((row) => row.candidate),
    challenger: column((row) => row.challenger),
    labels: column((row) => row.label),
    counts: column(() => 1),
    ...(sorted.some((row) => weight(row) !== 1) ? { weights: column(weight) } : {}),
  };
}

/** One model's side of the pairs, in the pairs' order of its own scores. */
export function sideOf(pairs: PairedCells, side: 'candidate' | 'challenger'): Cells {
  return sortedSide(pairs, side).cells;
}

/**
 * AUC of the candidate less that of the challenger on the same rows, with the covariance of DeLong, DeLong &
 * Clarke-Pearson (1988); with weights the placements are weighted and the variance is the linearised one; with units the
 * rows of one count together (N. A. Obuchowski, Biometrics 53 (1997) 567–578). Undefined unless both labels occur at least
 * twice.
 */
export function aucDifference(pairs: PairedCells, level: number): PairedDifference | undefined {
  const first = sortedSide(pairs, 'candidate');
  const second = sortedSide(pairs, 'challenger');
  const { positives, negatives } = sizesOf(first.cells);
  if (positives < 2 || negatives < 2) return undefined;
  const areas = [first, second].map(({ cells }) => meanPlacement(cells, placementsOf(cells), 1));
  const placements = [first, second].map(inPairOrder);
  const value = areas[0]! - areas[1]!;
  const pull = (index: number) => placements[0]![index]! - placements[1]![index]! - value;
  const sides = [
    { label: 1, n: positives },
    { label: 0, n: negatives },
  ];
  const terms = sides.map(({ label, n }) => ({
    n,
    pull,
    holds: (index: number) => pairs.labels[index] === label,
  }));
  return waldDifference(value, varianceOf(pairs, terms), {
    level,
    method: pairs.units === undefined ? 'delong-paired' : 'obuchowski-paired',
  });
}

/** Brier score of the candidate less that of the challenger, with the normal interval of a mean of paired differences. */
export function brierDifference(pairs: PairedCells, level: number): PairedDifference | undefined {
  const n = pairs.counts.reduce((sum, count) => sum + count, 0);
  if (n < 2) return undefined;
  const gap = (index: number) =>
    (pairs.candidate[index]! - pairs.labels[index]!) ** 2 -
    (pairs.challenger[index]! - pairs.labels[index]!) ** 2;
  const { length } = pairs.labels;
  const mass = (index: number) => weightAt(pairs, index) * pairs.counts[index]!;
  const value = sumOver(length, (index) => mass(index) * gap(index)) / sumOver(length, mass);
  const term = { n, pull: (index: number) => gap(index) - value, holds: () => true };
  return waldDifference(value, varianceOf(pairs, [term]), {
    level,
    method: pairs.units === undefined ? 'normal-paired' : 'normal-paired-clustered',
  });
}

interface Term {
  /** Rows behind the mean. */
  readonly n: number;
  /** How far a cell lies from the mean. */
  readonly pull: (index: number) => number;
  /** Whether a cell is in the mean. */
  readonly holds: (index: number) => boolean;
}

/** Variance of a sum of weighted means, linearised; rows of one unit are added before they are squared. */
function varianceOf(pairs: PairedCells, terms: readonly Term[]): number {
  const { length } = pairs.labels;
  const mass = (index: number) => weightAt(pairs, index) * pairs.counts[index]!;
  const totals = terms.map(({ holds }) =>
    sumOver(length, (index) => (holds(index) ? mass(index) : 0)),
  );
  const { units } = pairs;
  if (units === undefined) {
    return terms.reduce((sum, { n, pull, holds }, at) => {
      const squares = sumOver(length, (index) =>
        holds(index) ? pairs.counts[index]! * (weightAt(pairs, index) * pull(index)) ** 2 : 0,
      );
      return sum + ((n / (n - 1)) * squares) / totals[at]! ** 2;
    }, 0);
  }
  const byUnit = new Map<number, number>();
  for (let index = 0; index < length; index += 1) {
    const pulled = terms.reduce(
      (sum, { pull, holds }, at) =>
        holds(index) ? sum + (mass(index) * pull(index)) / totals[at]! : sum,
      0,
    );
    byUnit.set(units[index]!, (byUnit.get(units[index]!) ?? 0) + pulled);
  }
  const sums = [...byUnit].sort(([a], [b]) => a - b).map(([, sum]) => sum);
  const n = sums.length;
  return n < 2 ? 0 : (n / (n - 1)) * sumOver(n, (at) => sums[at]! ** 2);
}

function weightAt(pairs: PairedCells, index: number): number {
  return pairs.weights?.[index] ?? 1;
}

interface SortedSide {
  readonly cells: Cells;
  /** Place in the pairs of each cell. */
  readonly places: Uint32Array;
}

function sortedSide(pairs: PairedCells, side: 'candidate' | 'challenger'): SortedSide {
  const scores = pairs[side];
  const places = Uint32Array.from(scores, (_, index) => index).sort(
    (a, b) => scores[a]! - scores[b]! || pairs.labels[a]! - pairs.labels[b]! || a - b,
  );
  const ordered = (values: Float64Array) => Float64Array.from(places, (place) => values[place]!);
  const weights =
    pairs.weights === undefined ? new Float64Array(places.length).fill(1) : ordered(pairs.weights);
  return {
    places,
    cells: {
      scores: ordered(scores),
      labels: ordered(pairs.labels),
      weights,
      counts: ordered(pairs.counts),
    },
  };
}

function inPairOrder({ cells, places }: SortedSide): Float64Array {
  const placements = placementsOf(cells);
  const result = new Float64Array(placements.length);
  places.forEach((place, index) => {
    result[place] = placements[index]!;
  });
  return result;
}

function waldDifference(
  value: number,
  variance: number,
  { level, method }: { readonly level: number; readonly method: string },
): PairedDifference {
  if (variance <= 0) return { value };
  const error = Math.sqrt(variance);
  const half = criticalValue(level) * error;
  return {
    value,
    interval: { low: value - half, high: value + half, level, method },
    pValue: normalTwoSided(value / error),
  };
}
