// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { CompensatedSum } from '../numeric/sum.ts';
import { type Cells, massesOf, sizesOf, tieEnd } from './cells.ts';

/**
 * Average precision: the mean, over rows of the positive label, of the precision at their own score (a step function,
 * not the trapezoid). The variance is that of the infinitesimal jackknife (Jaeckel 1972; Efron 1982, chapter 6), which
 * takes weights and the number of positives as drawn; the interval is on the log odds (Boyd, Eng & Page, ECML PKDD 2013).
 * Undefined without a positive row; no interval with fewer than two rows of a label or at an average of 1.
 */
export function averagePrecision(cells: Cells, level: number): Estimate | undefined {
  const { n, positives, negatives } = sizesOf(cells);
  if (positives === 0) return undefined;
  const [, positiveMass] = massesOf(cells);
  const ranks = ranksOf(cells);
  const value = ranks.gained / positiveMass;
  if (positives < 2 || negatives < 2 || value >= 1) return { value };
  const scatter = squaredPulls(cells, ranks, value);
  const error = Math.sqrt((n / (n - 1)) * scatter) / (positiveMass * value * (1 - value));
  const at = Math.log(value) - Math.log1p(-value);
  const half = criticalValue(level) * error;
  const odds = (x: number) => 1 / (1 + Math.exp(-x));
  const interval = { low: odds(at - half), high: odds(at + half), level };
  return { value, interval: { ...interval, method: 'infinitesimal-jackknife-logit' } };
}

interface Ranks {
  /** Precision at each cell's score: of the weight at or above it, the share of positives. */
  readonly precision: Float64Array;
  /** Weight at or above each cell's score. */
  readonly reached: Float64Array;
  /** Sum over positives of weight times precision. */
  readonly gained: number;
}

function ranksOf(cells: Cells): Ranks {
  const { scores, labels, weights, counts } = cells;
  const [negatives, positives] = massesOf(cells);
  const precision = new Float64Array(scores.length);
  const reached = new Float64Array(scores.length);
  const gained = new CompensatedSum();
  let below = 0;
  let belowPositive = 0;
  for (let start = 0; start < scores.length; ) {
    const end = tieEnd(scores, start);
    const left = negatives + positives - below;
    const found = (positives - belowPositive) / left;
    for (let index = start; index < end; index += 1) {
      const mass = weights[index]! * counts[index]!;
      precision[index] = found;
      reached[index] = left;
      below += mass;
      if (labels[index] !== 1) continue;
      belowPositive += mass;
      gained.add(mass * found);
    }
    start = end;
  }
  return { precision, reached, gained: gained.value };
}

// What one more row of a cell does to the average: as a positive it brings its own precision less the average; and it
// joins the numerator (if positive) and the denominator of the precision of every positive at or below its score.
function squaredPulls(cells: Cells, { precision, reached }: Ranks, value: number): number {
  const { scores, labels, weights, counts } = cells;
  const squares = new CompensatedSum();
  let lifted = 0;
  let diluted = 0;
  for (let start = 0; start < scores.length; ) {
    const end = tieEnd(scores, start);
    for (let index = start; index < end; index += 1) {
      if (labels[index] !== 1) continue;
      const step = (weights[index]! * counts[index]!) / reached[index]!;
      lifted += step;
      diluted += step * precision[index]!;
    }
    for (let index = start; index < end; index += 1) {
      const own = labels[index] === 1 ? precision[index]! - value + lifted : 0;
      const pull = weights[index]! * (own - diluted);
      squares.add(counts[index]! * pull * pull);
    }
    start = end;
  }
  return squares.value;
}
