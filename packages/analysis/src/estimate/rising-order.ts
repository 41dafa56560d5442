// SPDX-License-Identifier: Apache-2.0

/** Places of the values in rising order, equal ones as they come. Values that rise already, as read ones do, cost nothing. */
export function risingOrder(values: Float64Array): Uint32Array {
  const order = Uint32Array.from(values, (_, place) => place);
  if (rises(values)) return order;
  return order.sort((a, b) => values[a]! - values[b]! || a - b);
}

/** Ranks from 1, equal values at the middle of theirs. */
export function middleRanks(values: Float64Array): Float64Array {
  const sorted = rises(values) ? values : values.toSorted();
  return values.map((value) => (countBelow(sorted, value) + 1 + countUpTo(sorted, value)) / 2);
}

function rises(values: Float64Array): boolean {
  for (let place = 1; place < values.length; place += 1) {
    if (values[place]! < values[place - 1]!) return false;
  }
  return true;
}

function countBelow(sorted: Float64Array, value: number): number {
  return firstPlace(sorted, (one) => one >= value);
}

function countUpTo(sorted: Float64Array, value: number): number {
  return firstPlace(sorted, (one) => one > value);
}

function firstPlace(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
