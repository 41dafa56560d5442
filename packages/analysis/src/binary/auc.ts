// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';
import { type Cells, mass, sizesOf, tieEnd } from './cells.ts';

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
  const total: [number, number] = [0, 0];
  for (let index = 0; index < cells.scores.length; index += 1) {
    total[labelAt(cells, index)] += mass(cells, index);
  }
  const placements = new Float64Array(cells.scores.length);
  const below: [number, number] = [0, 0];
  for (let start = 0; start < cells.scores.length; ) {
    const end = tieEnd(cells.scores, start);
    const tied: [number, number] = [0, 0];
    for (let index = start; index < end; index += 1)
      tied[labelAt(cells, index)] += mass(cells, index);
    const beaten = (below[0] + tied[0] / 2) / total[0];
    const beating = (total[1] - below[1] - tied[1] / 2) / total[1];
    for (let index = start; index < end; index += 1) {
      placements[index] = cells.labels[index] === 1 ? beaten : beating;
    }
    below[0] += tied[0];
    below[1] += tied[1];
    start = end;
  }
  return placements;
}

export function meanPlacement(cells: Cells, placements: Float64Array, label: 0 | 1): number {
  const at = (index: number) => (cells.labels[index] === label ? mass(cells, index) : 0);
  const total = sumOver(placements.length, at);
  return sumOver(placements.length, (index) => at(index) * placements[index]!) / total;
}

function placementVariance(
  cells: Cells,
  placements: Float64Array,
  side: { readonly label: 0 | 1; readonly mean: number; readonly n: number },
): number {
  const ofLabel = (index: number) => (cells.labels[index] === side.label ? 1 : 0);
  const total = sumOver(placements.length, (index) => ofLabel(index) * mass(cells, index));
  const squares = sumOver(placements.length, (index) => {
    const pull = cells.weights[index]! * (placements[index]! - side.mean);
    return ofLabel(index) * cells.counts[index]! * pull * pull;
  });
  return ((side.n / (side.n - 1)) * squares) / (total * total);
}

function waldInterval(value: number, variance: number, level: number): Pick<Estimate, 'interval'> {
  if (variance <= 0) return {};
  const half = criticalValue(level) * Math.sqrt(variance);
  const low = Math.max(0, value - half);
  return { interval: { low, high: Math.min(1, value + half), level, method: 'delong' } };
}

function labelAt(cells: Cells, index: number): 0 | 1 {
  return cells.labels[index] === 1 ? 1 : 0;
}
