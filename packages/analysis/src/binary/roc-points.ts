// SPDX-License-Identifier: Apache-2.0
import { type Cells, massesOf, tieEnd } from './cells.ts';

/** One point of the curve: the rates of rows at or above `score` among negatives and among positives. */
export interface RocPoint {
  readonly score?: number;
  readonly fpr: number;
  readonly tpr: number;
}

/** More points than this no picture can show. */
export const ROC_POINTS_MAX = 200;

/**
 * The ROC curve from (0, 0) to (1, 1) in order of falling score, through points of the curve that lie about evenly along
 * it; all of them where they are few. Empty unless both labels occur.
 */
export function rocPoints(cells: Cells, max: number = ROC_POINTS_MAX): readonly RocPoint[] {
  const { scores, labels, weights, counts } = cells;
  const [negatives, positives] = massesOf(cells);
  if (negatives === 0 || positives === 0) return [];
  const ties = tieStarts(scores);
  const points: RocPoint[] = [{ fpr: 0, tpr: 0 }];
  let [above, abovePositive, taken] = [0, 0, 0];
  for (let tie = ties.length - 1; tie >= 0; tie -= 1) {
    const start = ties[tie]!;
    const end = ties[tie + 1] ?? scores.length;
    for (let index = start; index < end; index += 1) {
      const mass = weights[index]! * counts[index]!;
      if (labels[index] === 1) abovePositive += mass;
      else above += mass;
    }
    const isLast = tie === 0;
    const [fpr, tpr] = isLast ? [1, 1] : [above / negatives, abovePositive / positives];
    // Both rates rise from 0 to 1, so their sum says how far along the curve a point is.
    const step = Math.floor(((fpr + tpr) / 2) * (max - 2));
    if (ties.length > max - 1 && step === taken && !isLast) continue;
    taken = step;
    points.push({ score: scores[start]!, fpr, tpr });
  }
  return points;
}

function tieStarts(scores: Float64Array): readonly number[] {
  const starts: number[] = [];
  for (let start = 0; start < scores.length; start = tieEnd(scores, start)) starts.push(start);
  return starts;
}
