// SPDX-License-Identifier: Apache-2.0
import { sumOver } from '../numeric/sum.ts';
import { risingOrder } from './rising-order.ts';

export const TENTHS = 10;

/** Indices of the rows of one bin, rising in the order they were binned by. */
export type Bin = Uint32Array;

/**
 * Rows in bins of about equal weight by rising `order`; rows of equal order stay together, so there may be fewer bins.
 * A bin closes at the first value where the running weight reaches its share.
 */
export function equalBins(
  order: Float64Array,
  weights: Float64Array,
  bins: number,
): readonly Bin[] {
  const rows = risingOrder(order);
  const total = sumOver(weights.length, (row) => weights[row]!);
  const closed: Bin[] = [];
  let start = 0;
  let seen = 0;
  rows.forEach((row, place) => {
    seen += weights[row]!;
    const next = rows[place + 1];
    const isFull = seen * bins >= total * (closed.length + 1);
    if (next !== undefined && (order[next] === order[row] || !isFull)) return;
    closed.push(rows.subarray(start, place + 1));
    start = place + 1;
  });
  return closed;
}

/** The entries of a column at these rows. */
export function pick(column: Float64Array, rows: Bin): Float64Array {
  return Float64Array.from(rows, (row) => column[row]!);
}
