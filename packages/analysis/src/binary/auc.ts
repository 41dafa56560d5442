// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { CompensatedSum } from '../numeric/sum.ts';
import { type Cells, massesOf, sizesOf, tieEnd } from './cells.ts';

/**
 * Area under the ROC curve (probability that a positive outscores a negative, ties a half) with the interval of
 * DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988), by midranks in one sorted pass (Sun & Xu, IEEE SPL 21 (2014)).
 * With weights the placements are weighted and the variance is the linearised one, equal to DeLong's when all weights
 * are 1. Undefined unless both labels occur; no interval with fewer than two rows of a label or zero variance.
 */
export function auc(cells: Cells, level: number): Estimate | undefined {
  const { positives, negatives } = sizesOf(cells);
  if (positives === 0 || negatives === 0) return undefined;
  const placements = placementsOf(cells);
  const value = meanPlacement(cells, placements, 1);
  if (positives < 2 || negatives < 2) return { value };
  const variance =
    placementVariance(cells, placements, { label: 1, mean: value, n: positives }) +
    placementVariance(cells, placements, { label: 0, mean: value, n: negatives });
  return { value, ...waldInterval(value, variance, level) };
}

/** Gini coefficient (accuracy ratio) 2·AUC − 1 with the AUC's interval carried over. */
export function gini(area: Estimate): Estimate {
  const scale = (x: number) => 2 * x - 1;
  if (area.interval === undefined) return { value: scale(area.value) };
  const { low, high } = area.interval;
  return {
    value: scale(area.value),
    interval: { ...area.interval, low: scale(low), high: scale(high) },
  };
}

/**
 * For each cell the share of the other label's weight that it beats: negatives below a positive, positives above a
 * negative, ties a half (DeLong's V10 and V01).
 */
export function placementsOf(cells: Cells): Float64Array {
  const { scores, labels, weights, counts } = cells;
  const [negatives, positives] = massesOf(cells);
  const placements = new Float64Array(scores.length);
  let below = 0;
  let belowPositive = 0;
  for (let start = 0; start < scores.length; ) {
    const end = tieEnd(scores, start);
    let tied = 0;
    let tiedPositive = 0;
    for (let index = start; index < end; index += 1) {
      const mass = weights[index]! * counts[index]!;
      if (labels[index] === 1) tiedPositive += mass;
      else tied += mass;
    }
    const beaten = (below + tied / 2) / negatives;
    const beating = (positives - belowPositive - tiedPositive / 2) / positives;
    for (let index = start; index < end; index += 1) {
      placements[index] = labels[index] === 1 ? beaten : beating;
    }
    below += tied;
    belowPositive += tiedPositive;
    start = end;
  }
  return placements;
}

export function meanPlacement(cells: Cells, placements: Float64Array, label: 0 | 1): number {
  const total = new CompensatedSum();
  const sum = new CompensatedSum();
  for (let index = 0; index < placements.length; index += 1) {
    if (cells.labels[index] !== label) continue;
    const mass = cells.weights[index]! * cells.counts[index]!;
    total.add(mass);
    sum.add(mass * placements[index]!);
  }
  return sum.value / total.value;
}

function placementVariance(
  cells: Cells,
  placements: Float64Array,
  side: { readonly label: 0 | 1; readonly mean: number; readonly n: number },
): number {
  const total = new CompensatedSum();
  const squares = new CompensatedSum();
  for (let index = 0; index < placements.length; index += 1) {
    if (cells.labels[index] !== side.label) continue;
    const count = cells.counts[index]!;
    const pull = cells.weights[index]! * (placements[index]! - side.mean);
    total.add(cells.weights[index]! * count);
    squares.add(count * pull * pull);
  }
  return ((side.n / (side.n - 1)) * squares.value) / (total.value * total.value);
}

function waldInterval(value: number, variance: number, level: number): Pick<Estimate, 'interval'> {
  if (variance <= 0) return {};
  const half = criticalValue(level) * Math.sqrt(variance);
  const low = Math.max(0, value - half);
  return { interval: { low, high: Math.min(1, value + half), level, method: 'delong' } };
}
