// SPDX-License-Identifier: Apache-2.0
import type { Moments } from '../intervals/standardised-difference.ts';

// A double in [0, 1] times 2^62 fits a BIGINT; the sum of its rounded values is an exact HUGEINT in any order of rows.
const BITS = 62n;
const SCALE = 2 ** Number(BITS);

/** SQL of the count, sum and sum of squares of a column of numbers in [0, 1], as integers that no order of rows changes. */
export function exactSums(value: string): readonly [string, string, string] {
  // A number out of range is left out here; whoever asks refuses it.
  const scaled = (item: string) => `coalesce(sum(TRY_CAST(${item} * ${SCALE} AS BIGINT)), 0)`;
  return ['count(*)', scaled(value), scaled(`${value} * ${value}`)];
}

/** Moments of those sums; the variance is taken from them in whole numbers, so that nothing cancels. */
export function momentsOfSums(count: unknown, sum: unknown, squares: unknown): Moments {
  const [n, first, second] = [count, sum, squares].map((one) => BigInt(String(one))) as [
    bigint,
    bigint,
    bigint,
  ];
  const size = Number(n);
  const scatter = n * second * 2n ** BITS - first * first;
  const variance = Number(scatter) / SCALE / SCALE / size / Math.max(1, size - 1);
  return {
    n: size,
    mean: Number(first) / SCALE / size,
    variance: size < 2 ? 0 : Math.max(0, variance),
  };
}
