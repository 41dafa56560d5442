// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { betaQuantile } from './beta.ts';
import { criticalValue } from './normal.ts';
import { sumOver } from './sum.ts';

/** Half-width in standard errors of a two-sided interval of Student's t at `level`; t² = ν(1 − x)/x for x of Beta(ν/2, 1/2). */
export function studentCritical(level: number, degrees: number): number {
  if (degrees > 1e6) return criticalValue(level);
  const x = betaQuantile(1 - level, degrees / 2, 0.5);
  return Math.sqrt((degrees * (1 - x)) / x);
}

export interface Mean extends Estimate {
  readonly n: number;
  /** Standard error; 0 for fewer than two values. */
  readonly error: number;
}

/** Mean with Student's interval. Sums run over the sorted values, so their order cannot matter. Undefined for no value. */
export function meanOf(values: ArrayLike<number>, level: number): Mean | undefined {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  if (n === 0) return undefined;
  const value = sumOver(n, (index) => sorted[index]!) / n;
  if (n < 2) return { value, n, error: 0 };
  const squares = sumOver(n, (index) => (sorted[index]! - value) ** 2);
  const error = Math.sqrt(squares / (n - 1) / n);
  if (error === 0) return { value, n, error };
  const half = studentCritical(level, n - 1) * error;
  return {
    value,
    n,
    error,
    interval: { low: value - half, high: value + half, level, method: 'student' },
  };
}
