// SPDX-License-Identifier: Apache-2.0
import { sumOver } from '../numeric/sum.ts';
import type { FrozenBins } from './frozen-bins.ts';

export interface CharacteristicStability {
  /** How far the mean score moves, in units of the score. */
  readonly value: number;
  /** One term a bin. */
  readonly contributions: readonly number[];
}

/**
 * Characteristic stability index Σ(q − p)·(m − M): p and q the reference and current share of rows in a bin, m the mean
 * reference score of the bin and M of all: how far the mean score moves when this column's mix alone changes (the rate part
 * of Kitagawa, JASA 50 (1955) 1168–1194). For an additive score with this one input it is the change of its mean points. A
 * bin that was empty at the reference has no score and adds nothing. Undefined without frozen scores or on no rows.
 */
export function characteristicStability(
  bins: FrozenBins,
  current: readonly number[],
): CharacteristicStability | undefined {
  const { scores } = bins;
  const [before, after] = [total(bins.counts), total(current)];
  if (scores === undefined || before === 0 || after === 0) return undefined;
  const mean =
    sumOver(bins.counts.length, (at) => bins.counts[at]! * Number(scores[at] ?? 0)) / before;
  const contributions = bins.counts.map((count, at) => {
    const score = scores[at] ?? null;
    if (score === null) return 0;
    return (current[at]! / after - count / before) * (Number(score) - mean);
  });
  const value = sumOver(contributions.length, (at) => contributions[at]!);
  return { value, contributions };
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
