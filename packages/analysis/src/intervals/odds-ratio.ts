// SPDX-License-Identifier: Apache-2.0
import { exactOddsInterval, supportSize, type TwoByTwo } from '../numeric/hypergeometric.ts';
import { criticalValue } from '../numeric/normal.ts';
import type { Estimate } from './interval.ts';

// Below this count in any cell the normal approximation of the log odds is not trusted.
const SMALL_CELL = 10;
// The exact interval walks the support about 200 times.
const SUPPORT_MAX = 100_000;

/**
 * Sample odds ratio (a·d)/(b·c) with Woolf's log interval (Woolf 1955), or the exact conditional interval (Cornfield
 * 1956) when a cell is below ten. Undefined when a margin is empty.
 */
export function oddsRatio(table: TwoByTwo, level: number): Estimate | undefined {
  const { a, b, c, d } = table;
  if (a + b === 0 || c + d === 0 || a + c === 0 || b + d === 0) return undefined;
  const value = b * c === 0 ? Number.POSITIVE_INFINITY : (a * d) / (b * c);
  const small = Math.min(a, b, c, d);
  if (small < SMALL_CELL && supportSize(table) <= SUPPORT_MAX) {
    return {
      value,
      interval: { ...exactOddsInterval(table, level), level, method: 'exact-conditional' },
    };
  }
  if (small === 0) return { value };
  const half = criticalValue(level) * Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d);
  return {
    value,
    interval: {
      low: value * Math.exp(-half),
      high: value * Math.exp(half),
      level,
      method: 'woolf',
    },
  };
}
