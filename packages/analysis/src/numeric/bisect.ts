// SPDX-License-Identifier: Apache-2.0

// 200 halvings exhaust a double; the loop ends earlier, when the midpoint no longer moves.
const HALVINGS_MAX = 200;

/** The root of an increasing function between `low` and `high`; the nearer end when the sign does not change. */
export function bisect(increasing: (x: number) => number, low: number, high: number): number {
  let below = low;
  let above = high;
  for (let step = 0; step < HALVINGS_MAX; step += 1) {
    const middle = below + (above - below) / 2;
    if (middle <= below || middle >= above) break;
    if (increasing(middle) < 0) below = middle;
    else above = middle;
  }
  return below + (above - below) / 2;
}
