// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { criticalValue } from '../numeric/normal.ts';
import { sumOver } from '../numeric/sum.ts';
import { type Cells, mass, sizesOf } from './cells.ts';

/**
 * Probabilities nearer to 0 or 1 than this are moved to it where a logarithm is taken; one unit in the last place of
 * a float32 near 1, so a saturated score costs the same whichever side it saturates on.
 */
export const PROBABILITY_MARGIN = 2 ** -24;

/** Brier score (Brier 1950): mean squared difference of probability and label, with a normal interval of the mean. */
export function brier(cells: Cells, level: number): Estimate | undefined {
  return meanLoss(cells, level, (score, label) => (score - label) ** 2);
}

/** Mean negative log-likelihood in nats, with a normal interval of the mean; probabilities kept off 0 and 1. */
export function logLoss(cells: Cells, level: number): Estimate | undefined {
  return meanLoss(cells, level, (score, label) => {
    const p = Math.min(1 - PROBABILITY_MARGIN, Math.max(PROBABILITY_MARGIN, score));
    return label === 1 ? -Math.log(p) : -Math.log1p(-p);
  });
}

function meanLoss(
  cells: Cells,
  level: number,
  loss: (score: number, label: number) => number,
): Estimate | undefined {
  const { n } = sizesOf(cells);
  if (n === 0) return undefined;
  const losses = cells.scores.map((score, index) => loss(score, cells.labels[index]!));
  const total = sumOver(losses.length, (index) => mass(cells, index));
  const value = sumOver(losses.length, (index) => mass(cells, index) * losses[index]!) / total;
  const squares = sumOver(losses.length, (index) => {
    const pull = cells.weights[index]! * (losses[index]! - value);
    return cells.counts[index]! * pull * pull;
  });
  if (n < 2 || squares === 0) return { value };
  const half = criticalValue(level) * Math.sqrt(((n / (n - 1)) * squares) / (total * total));
  return {
    value,
    interval: { low: Math.max(0, value - half), high: value + half, level, method: 'normal' },
  };
}
