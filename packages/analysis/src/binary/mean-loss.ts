// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { CompensatedSum } from '../numeric/sum.ts';
import { type Cells, sizesOf } from './cells.ts';

/**
 * Probabilities nearer to 0 or 1 than this are moved to it where a logarithm is taken; one unit in the last place of
 * a float32 near 1, so a saturated score costs the same whichever side it saturates on.
 */
export const PROBABILITY_MARGIN = 2 ** -24;

/** Brier score (Brier 1950): mean squared difference of probability and label, with a normal interval of the mean. */
export function brier(cells: Cells, level: number): Estimate | undefined {
  const losses = new Float64Array(cells.scores.length);
  for (let index = 0; index < losses.length; index += 1) {
    losses[index] = (cells.scores[index]! - cells.labels[index]!) ** 2;
  }
  return meanLoss(cells, losses, level);
}

/** Mean negative log-likelihood in nats, with a normal interval of the mean; probabilities kept off 0 and 1. */
export function logLoss(cells: Cells, level: number): Estimate | undefined {
  const losses = new Float64Array(cells.scores.length);
  for (let index = 0; index < losses.length; index += 1) {
    const p = Math.min(1 - PROBABILITY_MARGIN, Math.max(PROBABILITY_MARGIN, cells.scores[index]!));
    losses[index] = cells.labels[index] === 1 ? -Math.log(p) : -Math.log1p(-p);
  }
  return meanLoss(cells, losses, level);
}

/** Weighted mean of a loss per cell; the variance is the linearised one of a weighted mean. */
export function meanLoss(cells: Cells, losses: Float64Array, level: number): Estimate | undefined {
  const { n } = sizesOf(cells);
  if (n === 0) return undefined;
  const { weights, counts } = cells;
  const total = new CompensatedSum();
  const sum = new CompensatedSum();
  for (let index = 0; index < losses.length; index += 1) {
    const mass = weights[index]! * counts[index]!;
    total.add(mass);
    sum.add(mass * losses[index]!);
  }
  const value = sum.value / total.value;
  const squares = new CompensatedSum();
  for (let index = 0; index < losses.length; index += 1) {
    const pull = weights[index]! * (losses[index]! - value);
    squares.add(counts[index]! * pull * pull);
  }
  if (n < 2 || squares.value === 0) return { value };
  const variance = ((n / (n - 1)) * squares.value) / (total.value * total.value);
  const half = criticalValue(level) * Math.sqrt(variance);
  return {
    value,
    interval: { low: Math.max(0, value - half), high: value + half, level, method: 'normal' },
  };
}
