// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { type Cells, massesOf, tieEnd } from './cells.ts';
import type { Outcomes } from './confusion.ts';
import type { AdverseWhen } from './cutoff.ts';

/** What a wrong decision costs; a right one costs nothing. */
export interface Costs {
  readonly falsePositive: number;
  readonly falseNegative: number;
}

/** The cheapest cutoff on these rows: a fact about them, not a choice. */
export interface LeastCost {
  /** A score of the rows, under the same rule as the declared cutoff; absent where deciding no row adverse is cheapest. */
  readonly cutoff?: number;
  readonly costPerRow: number;
}

/** Mean cost of a row's decision (Elkan, IJCAI 2001), with the normal interval of a weighted mean. Undefined without rows. */
export function expectedCost(
  outcomes: Outcomes,
  costs: Costs,
  level: number,
): Estimate | undefined {
  const { truePositives, trueNegatives, falsePositives, falseNegatives } = outcomes;
  const parts = [
    { rows: falsePositives, cost: costs.falsePositive },
    { rows: falseNegatives, cost: costs.falseNegative },
    { rows: truePositives, cost: 0 },
    { rows: trueNegatives, cost: 0 },
  ];
  const sum = (term: (part: (typeof parts)[number]) => number) =>
    parts.reduce((total, part) => total + term(part), 0);
  const n = sum(({ rows }) => rows.count);
  if (n === 0) return undefined;
  const mass = sum(({ rows }) => rows.mass);
  const value = sum(({ rows, cost }) => rows.mass * cost) / mass;
  const squares = sum(({ rows, cost }) => rows.squares * (cost - value) ** 2);
  if (n < 2 || squares === 0) return { value };
  const half = criticalValue(level) * Math.sqrt(((n / (n - 1)) * squares) / (mass * mass));
  const interval = { low: Math.max(0, value - half), high: value + half, level };
  return { value, interval: { ...interval, method: 'normal' } };
}

/** Tries every score as cutoff, and deciding none adverse; the lowest of several cheapest. Undefined without rows. */
export function leastCost(
  cells: Cells,
  costs: Costs,
  adverseWhen: AdverseWhen,
): LeastCost | undefined {
  const { scores, labels, weights, counts } = cells;
  if (scores.length === 0) return undefined;
  const [negatives, positives] = massesOf(cells);
  const isHighAdverse = adverseWhen === 'at-or-above' || adverseWhen === 'above';
  const includesCutoff = adverseWhen === 'at-or-above' || adverseWhen === 'below';
  let belowNegative = 0;
  let belowPositive = 0;
  let best: LeastCost | undefined;
  const consider = (cutoff: number | undefined) => {
    const low = { negative: belowNegative, positive: belowPositive };
    const high = { negative: negatives - belowNegative, positive: positives - belowPositive };
    const [adverse, other] = isHighAdverse ? [high, low] : [low, high];
    const wrong = costs.falsePositive * adverse.negative + costs.falseNegative * other.positive;
    const costPerRow = Math.max(0, wrong / (negatives + positives));
    if (best !== undefined && costPerRow >= best.costPerRow) return;
    best = { ...(cutoff === undefined ? {} : { cutoff }), costPerRow };
  };
  if (adverseWhen === 'at-or-below') consider(undefined);
  for (let start = 0; start < scores.length; ) {
    const end = tieEnd(scores, start);
    if (includesCutoff) consider(scores[start]!);
    for (let index = start; index < end; index += 1) {
      const mass = weights[index]! * counts[index]!;
      if (labels[index] === 1) belowPositive += mass;
      else belowNegative += mass;
    }
    // The rows at this score are on the low side now.
    if (!includesCutoff) consider(scores[start]!);
    start = end;
  }
  if (adverseWhen === 'at-or-above') consider(undefined);
  return best;
}
