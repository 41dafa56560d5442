// SPDX-License-Identifier: Apache-2.0
import { aucDifference, brierDifference, type PairedCells } from '../benchmark/paired-cells.ts';
import type { Estimate } from '../intervals/interval.ts';

/** How much better the artefact looks on rows that it was fitted on; both are positive where it looks better. */
export interface OverfitGap {
  readonly auc: Estimate | undefined;
  readonly brier: Estimate | undefined;
}

/** `candidate` is the artefact's own score of the rows, `challenger` the one out of fold. */
export function overfitGap(pairs: PairedCells, level: number): OverfitGap {
  return {
    auc: aucDifference(pairs, level),
    brier: mirrored(brierDifference(pairs, level)),
  };
}

function mirrored(estimate: Estimate | undefined): Estimate | undefined {
  if (estimate?.interval === undefined) return estimate && { value: -estimate.value };
  const { low, high } = estimate.interval;
  return { value: -estimate.value, interval: { ...estimate.interval, low: -high, high: -low } };
}
