// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import type { Cells } from './cells.ts';
import { type Cutoff, isAdverse } from './cutoff.ts';

/** Row counts at the cutoff. Positive label = the event predicted (such as default); adverse = predicted positive. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** Rates with Wilson intervals; a rate whose denominator is empty is absent. */
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
  const counts = { truePositives: 0, falsePositives: 0, trueNegatives: 0, falseNegatives: 0 };
  cells.scores.forEach((score, index) => {
    const positive = cells.labels[index] === 1;
    const adverse = isAdverse(score, cutoff);
    if (adverse) counts[positive ? 'truePositives' : 'falsePositives'] += cells.counts[index]!;
    else counts[positive ? 'falseNegatives' : 'trueNegatives'] += cells.counts[index]!;
  });
  return counts;
}

export function confusionRates(counts: Confusion, level: number): ConfusionRates {
  const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = counts;
  const rates = {
    sensitivity: wilson(tp, tp + fn, level),
    specificity: wilson(tn, tn + fp, level),
    precision: wilson(tp, tp + fp, level),
    negative_predictive_value: wilson(tn, tn + fn, level),
    accuracy: wilson(tp + tn, tp + tn + fp + fn, level),
    adverse_rate: wilson(tp + fp, tp + tn + fp + fn, level),
  };
  return Object.fromEntries(Object.entries(rates).filter(([, rate]) => rate !== undefined));
}
