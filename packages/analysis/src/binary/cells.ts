// SPDX-License-Identifier: Apache-2.0

/** One row as metrics see it. */
export interface ScoredRow {
  readonly score: number;
  readonly label: 0 | 1;
  readonly weight?: number;
}

/**
 * Equal rows counted together, ascending by score, label, weight. Every binary metric is a function of these cells:
 * counts are integers and sums run in this order, so neither row order nor threads can change a digit.
 */
export interface Cells {
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  readonly weights: Float64Array;
  readonly counts: Float64Array;
}

/** Rows one by one, ascending by score, label, weight; `units` tells which rows belong together. */
export interface SortedRows {
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  /** Absent where every row weighs 1. */
  readonly weights?: Float64Array | undefined;
  readonly units?: Float64Array | undefined;
}

/** Integer row counts. */
export interface Sizes {
  readonly n: number;
  readonly positives: number;
  readonly negatives: number;
}

export function cellsOf(rows: readonly ScoredRow[]): Cells {
  const sorted = rows
    .map((row) => [row.score, row.label, row.weight ?? 1] as const)
    .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return cellsOfSorted({
    scores: Float64Array.from(sorted, (row) => row[0]),
    labels: Float64Array.from(sorted, (row) => row[1]),
    weights: Float64Array.from(sorted, (row) => row[2]),
  });
}

/** Counts equal neighbours together. Rows of different units stay apart, so that a unit can be counted again. */
export function cellsOfSorted(rows: SortedRows): Cells & { readonly units?: Float64Array } {
  const { scores, labels, weights, units } = rows;
  const starts = startsOf(rows);
  const at = (values: Float64Array) => pick(values, starts);
  const counts = new Float64Array(starts.length);
  for (let cell = 0; cell < starts.length; cell += 1) {
    counts[cell] = (cell + 1 < starts.length ? starts[cell + 1]! : scores.length) - starts[cell]!;
  }
  return {
    scores: at(scores),
    labels: at(labels),
    weights: weights === undefined ? new Float64Array(starts.length).fill(1) : at(weights),
    counts,
    ...(units === undefined ? {} : { units: at(units) }),
  };
}

/** Where each run of equal rows begins. */
function startsOf({ scores, labels, weights, units }: SortedRows): Uint32Array {
  const starts = new Uint32Array(scores.length);
  let found = 0;
  for (let row = 0; row < scores.length; row += 1) {
    const isSame =
      row > 0 &&
      scores[row] === scores[row - 1] &&
      labels[row] === labels[row - 1] &&
      (weights === undefined || weights[row] === weights[row - 1]) &&
      (units === undefined || units[row] === units[row - 1]);
    if (isSame) continue;
    starts[found] = row;
    found += 1;
  }
  return starts.subarray(0, found);
}

function pick(values: Float64Array, places: Uint32Array): Float64Array {
  const picked = new Float64Array(places.length);
  // Plus 0 makes -0 the 0 that it equals, or the bits would tell which of two equal rows came first.
  for (let index = 0; index < places.length; index += 1)
    picked[index] = values[places[index]!]! + 0;
  return picked;
}

// Cells never change, and every figure asks for their sizes: told once for each.
const SIZES = new WeakMap<Cells, Sizes>();
const MASSES = new WeakMap<Cells, readonly [number, number]>();

export function sizesOf(cells: Cells): Sizes {
  const known = SIZES.get(cells) ?? countSizes(cells);
  SIZES.set(cells, known);
  return known;
}

/** Weight of each label: of 0, of 1. */
export function massesOf(cells: Cells): readonly [number, number] {
  const known = MASSES.get(cells) ?? sumMasses(cells);
  MASSES.set(cells, known);
  return known;
}

function countSizes({ counts, labels }: Cells): Sizes {
  let positives = 0;
  let n = 0;
  for (let index = 0; index < counts.length; index += 1) {
    n += counts[index]!;
    if (labels[index] === 1) positives += counts[index]!;
  }
  return { n, positives, negatives: n - positives };
}

/** Rows with the smaller of the two labels: what limits how much a binary metric can tell. */
export function eventsOf(sizes: Sizes): number {
  return Math.min(sizes.positives, sizes.negatives);
}

/** The weight of a whole cell. */
export function mass(cells: Cells, index: number): number {
  return cells.weights[index]! * cells.counts[index]!;
}

/** Whether every row weighs 1. */
export function isUnweighted({ weights }: Cells): boolean {
  for (let index = 0; index < weights.length; index += 1) if (weights[index] !== 1) return false;
  return true;
}

function sumMasses({ counts, labels, weights }: Cells): readonly [number, number] {
  let negative = 0;
  let positive = 0;
  for (let index = 0; index < counts.length; index += 1) {
    const mass = weights[index]! * counts[index]!;
    if (labels[index] === 1) positive += mass;
    else negative += mass;
  }
  return [negative, positive];
}

/** First index after the run of cells that share the score at `start`. */
export function tieEnd(scores: Float64Array, start: number): number {
  let end = start + 1;
  while (end < scores.length && scores[end] === scores[start]) end += 1;
  return end;
}
