// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { type Cells, mass, sizesOf, tieEnd } from './cells.ts';

export interface KolmogorovSmirnov extends Estimate {
  /** The score at or below which the two distributions differ most. */
  readonly at: number;
}

/**
 * Largest difference between the score distributions of negatives and positives. The interval is the normal one at the
 * maximising score, asymptotically right when the maximum is unique (Raghavachari, Annals of Statistics 1 (1973)); it
 * does not undo the upward bias of a maximum in small samples. No interval with weights.
 */
export function kolmogorovSmirnov(cells: Cells, level: number): KolmogorovSmirnov | undefined {
  const { positives, negatives } = sizesOf(cells);
  if (positives === 0 || negatives === 0) return undefined;
  const best = largestGap(cells);
  const value = Math.abs(best.negative - best.positive);
  const half =
    criticalValue(level) *
    Math.sqrt(
      (best.positive * (1 - best.positive)) / positives +
        (best.negative * (1 - best.negative)) / negatives,
    );
  if (half === 0 || cells.weights.some((weight) => weight !== 1)) return { value, at: best.at };
  const interval = { low: Math.max(0, value - half), high: Math.min(1, value + half), level };
  return { value, at: best.at, interval: { ...interval, method: 'normal-at-maximum' } };
}

function largestGap(cells: Cells): { at: number; positive: number; negative: number } {
  const total: [number, number] = [0, 0];
  const add = (sums: [number, number], index: number) => {
    sums[cells.labels[index] === 1 ? 1 : 0] += mass(cells, index);
  };
  cells.scores.forEach((_, index) => {
    add(total, index);
  });
  const below: [number, number] = [0, 0];
  let best = { at: cells.scores[0]!, positive: 0, negative: 0 };
  for (let start = 0; start < cells.scores.length; ) {
    const end = tieEnd(cells.scores, start);
    for (let index = start; index < end; index += 1) add(below, index);
    const negative = below[0] / total[0];
    const positive = below[1] / total[1];
    if (Math.abs(negative - positive) > Math.abs(best.negative - best.positive)) {
      best = { at: cells.scores[start]!, positive, negative };
    }
    start = end;
  }
  return best;
}
