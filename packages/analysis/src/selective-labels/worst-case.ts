// SPDX-License-Identifier: Apache-2.0
import { type Cells, sizesOf } from '../binary/cells.ts';
import { sumOver } from '../numeric/sum.ts';
import type { PopulationMetric } from './figures.ts';

/** Scores, ascending and distinct, of rows without outcome. */
export interface ScoreCounts {
  readonly scores: Float64Array;
  readonly counts: Float64Array;
}

export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/**
 * The smallest and largest value that each figure could have, whatever the outcomes of the rows without one (Manski, Journal
 * of Human Resources 24 (1989) 343–360; Horowitz & Manski, JASA 95 (2000) 77–84). No assumption, so no narrower than the
 * share of such rows; the rows are taken as they are, without sampling error. Undefined where no outcome could define it.
 */
export function worstCase(
  observed: Cells,
  unobserved: ScoreCounts,
): Readonly<Record<PopulationMetric, Bounds | undefined>> {
  const { n, positives } = sizesOf(observed);
  const unknown = sumOver(unobserved.counts.length, (at) => unobserved.counts[at]!);
  const all = n + unknown;
  if (all === 0) {
    return { event_rate: undefined, rate_gap: undefined, auc: undefined, brier: undefined };
  }
  const predicted =
    (sumOver(observed.scores.length, (at) => observed.scores[at]! * observed.counts[at]!) +
      sumOver(unobserved.scores.length, (at) => unobserved.scores[at]! * unobserved.counts[at]!)) /
    all;
  const rate = { low: positives / all, high: (positives + unknown) / all };
  return {
    event_rate: rate,
    rate_gap: { low: rate.low - predicted, high: rate.high - predicted },
    auc: aucBounds(observed, unobserved),
    brier: brierBounds(observed, unobserved, all),
  };
}

function brierBounds(observed: Cells, unobserved: ScoreCounts, all: number): Bounds {
  const known = sumOver(
    observed.scores.length,
    (at) => observed.counts[at]! * (observed.scores[at]! - observed.labels[at]!) ** 2,
  );
  const unknown = (worse: (a: number, b: number) => number) =>
    sumOver(unobserved.scores.length, (at) => {
      const score = unobserved.scores[at]!;
      return unobserved.counts[at]! * worse(score ** 2, (1 - score) ** 2);
    });
  return { low: (known + unknown(Math.min)) / all, high: (known + unknown(Math.max)) / all };
}

/**
 * For a given number of events among the unknown rows, the area is largest when they are the highest scores and smallest
 * when they are the lowest: exchanging two rows the other way can only move it back. So every number is tried on each side.
 */
function aucBounds(observed: Cells, unobserved: ScoreCounts): Bounds | undefined {
  const lines = mergedLines(observed, unobserved);
  const high = extremeArea(lines, 'high');
  const low = extremeArea(lines, 'low');
  return high === undefined || low === undefined ? undefined : { low, high };
}

/** Rows at one score. */
interface Line {
  readonly positives: number;
  readonly negatives: number;
  readonly unknown: number;
}

function mergedLines(observed: Cells, unobserved: ScoreCounts): readonly Line[] {
  const lines = new Map<number, { positives: number; negatives: number; unknown: number }>();
  const at = (score: number) => {
    const line = lines.get(score) ?? { positives: 0, negatives: 0, unknown: 0 };
    lines.set(score, line);
    return line;
  };
  observed.scores.forEach((score, index) => {
    const line = at(score);
    if (observed.labels[index] === 1) line.positives += observed.counts[index]!;
    else line.negatives += observed.counts[index]!;
  });
  unobserved.scores.forEach((score, index) => {
    at(score).unknown += unobserved.counts[index]!;
  });
  return [...lines].sort(([a], [b]) => a - b).map(([, line]) => line);
}

// All unknown rows begin as no events; one after another turns into an event, from the top down or from the bottom up. What
// a turn changes are the pairs of that row alone. Twice the area's count of pairs is kept, so that ties stay whole numbers.
function extremeArea(lines: readonly Line[], side: 'high' | 'low'): number | undefined {
  const total = (name: keyof Line) => lines.reduce((sum, line) => sum + line[name], 0);
  let positives = total('positives');
  let negatives = total('negatives') + total('unknown');
  let doubled = startingPairs(lines);
  let extreme: number | undefined;
  const keep = () => {
    if (positives === 0 || negatives === 0) return;
    const area = doubled / 2 / positives / negatives;
    const better = extreme === undefined || (side === 'high' ? area > extreme : area < extreme);
    if (better) extreme = area;
  };
  keep();
  let above = positives;
  let below = 0;
  const order = side === 'high' ? [...lines].reverse() : lines;
  if (side === 'high') {
    above = 0;
    below = negatives;
  }
  for (const line of order) {
    // `above`: events above this score; `below`: rows without event below it.
    if (side === 'high') below -= line.negatives + line.unknown;
    else above -= line.positives;
    for (let turned = 0; turned < line.unknown; turned += 1) {
      const tiedEvents = line.positives + turned;
      const tiedOthers = line.negatives + line.unknown - turned - 1;
      doubled += 2 * below + tiedOthers - 2 * above - tiedEvents;
      positives += 1;
      negatives -= 1;
      keep();
    }
    if (side === 'high') above += line.positives + line.unknown;
    else below += line.negatives;
  }
  return extreme;
}

/** Twice the number of pairs in which an event outscores the other, ties a half, all unknown rows being no events. */
function startingPairs(lines: readonly Line[]): number {
  let below = 0;
  let doubled = 0;
  for (const { positives, negatives, unknown } of lines) {
    const others = negatives + unknown;
    doubled += positives * (2 * below + others);
    below += others;
  }
  return doubled;
}
