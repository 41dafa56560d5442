// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';
import type { Estimates } from './read-estimates.ts';
import { middleRanks } from './rising-order.ts';

/**
 * Spearman's rank correlation of predicted and actual numbers, ties at their middle rank. The interval is on Fisher's
 * scale with variance (1 + r²/2)/(n − 3): Bonett & Wright, Psychometrika 65 (2000) 23–28; none where rows come in units,
 * which that formula does not know. Undefined where one side is constant. Weights are not used.
 */
export function spearman(rows: Estimates, level: number): Estimate | undefined {
  const [a, b] = [middleRanks(rows.predicted), middleRanks(rows.actual)];
  const n = a.length;
  const centre = (n + 1) / 2;
  const product = (x: Float64Array, y: Float64Array) =>
    sumOver(n, (row) => (x[row]! - centre) * (y[row]! - centre));
  const spread = Math.sqrt(product(a, a)) * Math.sqrt(product(b, b));
  if (!(spread > 0)) return undefined;
  const value = Math.max(-1, Math.min(1, product(a, b) / spread));
  if (rows.units !== undefined || n < 4 || Math.abs(value) === 1) return { value };
  const half = criticalValue(level) * Math.sqrt((1 + value ** 2 / 2) / (n - 3));
  const at = Math.atanh(value);
  return {
    value,
    interval: {
      low: Math.tanh(at - half),
      high: Math.tanh(at + half),
      level,
      method: 'bonett-wright',
    },
  };
}
