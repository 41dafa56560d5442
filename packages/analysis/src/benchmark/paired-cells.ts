// SPDX-License-Identifier: Apache-2.0

import { meanPlacement, placementsOf } from '../binary/auc.ts';
import { type Cells, sizesOf } from '../binary/cells.ts';
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue, normalTwoSided } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';

/** Rows scored by two models, equal rows counted together, ascending by candidate, challenger, label. */
export interface PairedCells {
  readonly candidate: Float64Array;
  readonly challenger: Float64Array;
  readonly labels: Float64Array;
  readonly counts: Float64Array;
}

export interface PairedDifference extends Estimate {
  /** Two-sided p of no difference; absent where the variance is zero. */
  readonly pValue?: number;
}

/** One model's side of the pairs, in the pairs' order of its own scores. */
export function sideOf(pairs: PairedCells, side: 'candidate' | 'challenger'): Cells {
  return sortedSide(pairs, side).cells;
}

/**
 * AUC of the candidate less that of the challenger on the same rows, with the covariance of DeLong, DeLong &
 * Clarke-Pearson (1988). Undefined unless both labels occur at least twice.
 */
export function aucDifference(pairs: PairedCells, level: number): PairedDifference | undefined {
  const first = sortedSide(pairs, 'candidate');
  const second = sortedSide(pairs, 'challenger');
  const { positives, negatives } = sizesOf(first.cells);
  if (positives < 2 || negatives < 2) return undefined;
  const areas = [first, second].map(({ cells }) => meanPlacement(cells, placementsOf(cells), 1));
  const placements = [first, second].map(inPairOrder);
  const value = areas[0]! - areas[1]!;
  const spread = (label: 0 | 1, n: number) => {
    const squares = sumOver(pairs.labels.length, (index) => {
      if (pairs.labels[index] !== label) return 0;
      return pairs.counts[index]! * (placements[0]![index]! - placements[1]![index]! - value) ** 2;
    });
    return squares / (n - 1) / n;
  };
  return waldDifference(value, spread(1, positives) + spread(0, negatives), {
    level,
    method: 'delong-paired',
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
  const value = sumOver(length, (index) => pairs.counts[index]! * gap(index)) / n;
  const squares = sumOver(length, (index) => pairs.counts[index]! * (gap(index) - value) ** 2);
  return waldDifference(value, squares / (n - 1) / n, { level, method: 'normal-paired' });
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
  const weights = new Float64Array(places.length).fill(1);
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
