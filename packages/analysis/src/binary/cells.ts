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
  const merged: (readonly [number, number, number])[] = [];
  const counts: number[] = [];
  for (const row of sorted) {
    const last = merged.at(-1);
    const same = last?.every((value, index) => value === row[index]);
    if (same) counts[counts.length - 1]! += 1;
    else {
      merged.push(row);
      counts.push(1);
    }
  }
  return {
    scores: Float64Array.from(merged, (row) => row[0]),
    labels: Float64Array.from(merged, (row) => row[1]),
    weights: Float64Array.from(merged, (row) => row[2]),
    counts: Float64Array.from(counts),
  };
}

export function sizesOf(cells: Cells): Sizes {
  let positives = 0;
  let n = 0;
  cells.counts.forEach((count, index) => {
    n += count;
    if (cells.labels[index] === 1) positives += count;
  });
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

/** First index after the run of cells that share the score at `start`. */
export function tieEnd(scores: Float64Array, start: number): number {
  let end = start + 1;
  while (end < scores.length && scores[end] === scores[start]) end += 1;
  return end;
}
