// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import type { Cells } from './cells.ts';
import { type Cutoff, isAdverse } from './cutoff.ts';
import { NO_ROWS, share, type Tally, tallied } from './share.ts';

/** Row counts at the cutoff. Positive label = the event predicted (such as default); adverse = predicted positive. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** The same outcomes with the weights of their rows. */
export type Outcomes = Readonly<Record<keyof Confusion, Tally>>;

/** Rates with intervals; a rate whose denominator is empty is absent. */
export interface ConfusionRates {
  readonly sensitivity?: Estimate;
  readonly specificity?: Estimate;
  readonly precision?: Estimate;
  readonly negative_predictive_value?: Estimate;
  readonly accuracy?: Estimate;
  readonly adverse_rate?: Estimate;
}

/** Unweighted counts at the cutoff, of rows. */
export function confusion(cells: Cells, cutoff: Cutoff): Confusion {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = outcomesAt(
    cells,
    cutoff,
  );
  return {
    truePositives: truePositives.count,
    falsePositives: falsePositives.count,
    trueNegatives: trueNegatives.count,
    falseNegatives: falseNegatives.count,
  };
}

/** Rows and weights of each outcome at the cutoff. */
export function outcomesAt(cells: Cells, cutoff: Cutoff): Outcomes {
  // Scores ascend, so one side of the cutoff is a run from the first cell on.
  const edge = edgeOf(cells.scores, cutoff);
  const [below, above] = [
    labelTallies(cells, 0, edge),
    labelTallies(cells, edge, cells.scores.length),
  ];
  const isHighAdverse = cutoff.adverseWhen === 'at-or-above' || cutoff.adverseWhen === 'above';
  const [adverse, other] = isHighAdverse ? [above, below] : [below, above];
  return {
    truePositives: adverse[1],
    falsePositives: adverse[0],
    trueNegatives: other[0],
    falseNegatives: other[1],
  };
}

/** Rates from counts, with Wilson's intervals. */
export function confusionRates(counts: Confusion, level: number): ConfusionRates {
  const plain = (count: number): Tally => ({ count, mass: count, squares: count });
  return outcomeRates(
    {
      truePositives: plain(counts.truePositives),
      falsePositives: plain(counts.falsePositives),
      trueNegatives: plain(counts.trueNegatives),
      falseNegatives: plain(counts.falseNegatives),
    },
    level,
  );
}

/** Rates of weighted or unweighted outcomes; see `share` for their intervals. */
export function outcomeRates(outcomes: Outcomes, level: number): ConfusionRates {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = outcomes;
  const rates = {
    sensitivity: share(tp, fn, level),
    specificity: share(tn, fp, level),
    precision: share(tp, fp, level),
    negative_predictive_value: share(tn, fn, level),
    accuracy: share(tallied(tp, tn), tallied(fp, fn), level),
    adverse_rate: share(tallied(tp, fp), tallied(tn, fn), level),
  };
  return Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined));
}

/** Rows of each label among cells from `start` to before `end`: of 0, of 1. */
export function labelTallies(cells: Cells, start: number, end: number): readonly [Tally, Tally] {
  const tallies = [0, 1].map((label) => {
    let [count, mass, squares] = [0, 0, 0];
    for (let index = start; index < end; index += 1) {
      if (cells.labels[index] !== label) continue;
      const weight = cells.weights[index]!;
      const rows = cells.counts[index]!;
      count += rows;
      mass += weight * rows;
      squares += weight * weight * rows;
    }
    return { count, mass, squares };
  });
  return [tallies[0] ?? NO_ROWS, tallies[1] ?? NO_ROWS];
}

/** First cell on the upper side of the cutoff, by halving. */
function edgeOf(scores: Float64Array, cutoff: Cutoff): number {
  const lowSide =
    scores.length > 0 && isAdverse(Number.NEGATIVE_INFINITY, cutoff) ? 'adverse' : 'other';
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const isLow = isAdverse(scores[middle]!, cutoff) === (lowSide === 'adverse');
    if (isLow) low = middle + 1;
    else high = middle;
  }
  return low;
}
