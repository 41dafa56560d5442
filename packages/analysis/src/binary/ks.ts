// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { type Cells, massesOf, sizesOf, tieEnd } from './cells.ts';
import { labelTallies } from './confusion.ts';
import { effectiveSize } from './share.ts';

export interface KolmogorovSmirnov extends Estimate {
  /** The score at or below which the two distributions differ most. */
  readonly at: number;
}

interface Gap {
  readonly at: number;
  /** First cell above that score. */
  readonly end: number;
  readonly positive: number;
  readonly negative: number;
}

/**
 * Largest difference between the score distributions of negatives and positives. The interval is the normal one at the
 * maximising score, asymptotically right when the maximum is unique (Raghavachari, Annals of Statistics 1 (1973)); it
 * does not undo the upward bias of a maximum in small samples. With weights the variance of either share there is the
 * linearised one (see `share`).
 */
export function kolmogorovSmirnov(cells: Cells, level: number): KolmogorovSmirnov | undefined {
  const { positives, negatives } = sizesOf(cells);
  if (positives === 0 || negatives === 0) return undefined;
  const best = largestGap(cells);
  const value = Math.abs(best.negative - best.positive);
  const below = labelTallies(cells, 0, best.end);
  const above = labelTallies(cells, best.end, cells.scores.length);
  const spread = (share: number, label: 0 | 1) =>
    (share * (1 - share)) / effectiveRows(below[label], above[label]);
  const half =
    criticalValue(level) * Math.sqrt(spread(best.positive, 1) + spread(best.negative, 0));
  if (half === 0) return { value, at: best.at };
  const interval = { low: Math.max(0, value - half), high: Math.min(1, value + half), level };
  return { value, at: best.at, interval: { ...interval, method: 'normal-at-maximum' } };
}

function effectiveRows(...[hits, misses]: Parameters<typeof effectiveSize>): number {
  const count = hits.count + misses.count;
  const isPlain = hits.squares + misses.squares === count && hits.mass + misses.mass === count;
  return isPlain ? count : effectiveSize(hits, misses);
}

function largestGap(cells: Cells): Gap {
  const { scores, labels, weights, counts } = cells;
  const [negatives, positives] = massesOf(cells);
  let belowNegative = 0;
  let belowPositive = 0;
  let best: Gap = { at: scores[0]!, end: 0, positive: 0, negative: 0 };
  for (let start = 0; start < scores.length; ) {
    const end = tieEnd(scores, start);
    for (let index = start; index < end; index += 1) {
      const mass = weights[index]! * counts[index]!;
      if (labels[index] === 1) belowPositive += mass;
      else belowNegative += mass;
    }
    const negative = belowNegative / negatives;
    const positive = belowPositive / positives;
    if (Math.abs(negative - positive) > Math.abs(best.negative - best.positive)) {
      best = { at: scores[start]!, end, positive, negative };
    }
    start = end;
  }
  return best;
}
