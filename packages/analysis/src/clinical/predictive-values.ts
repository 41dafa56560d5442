// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { scoreRatio } from '../intervals/proportion-ratio.ts';
import { criticalValue } from '../numeric/normal.ts';

/** Readings of a diagnostic test: right among cases with the condition, right among those without. */
export interface DiagnosticCounts {
  readonly truePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  readonly falsePositives: number;
}

interface Rates {
  readonly sensitivity: number;
  readonly specificity: number;
  readonly positives: number;
  readonly negatives: number;
}

/**
 * Positive and negative predictive value at a declared prevalence, by Bayes' theorem, with the logit intervals of Mercaldo,
 * Lau & Zhou, "Confidence intervals for predictive values with an emphasis to case-control studies", Statistics in Medicine
 * 26 (2007) 2170–2183; where a count is 0 the bounds are their adjusted ones, the rates of Agresti & Coull. Undefined without
 * cases on either side.
 */
export function predictiveValues(
  counts: DiagnosticCounts,
  prevalence: number,
  level: number,
): { readonly positive: Estimate | undefined; readonly negative: Estimate | undefined } {
  const positives = counts.truePositives + counts.falseNegatives;
  const negatives = counts.trueNegatives + counts.falsePositives;
  if (positives === 0 || negatives === 0) return { positive: undefined, negative: undefined };
  const z = criticalValue(level);
  const raw = ratesOf(counts, 0);
  const hasEmpty = Object.values(counts).includes(0);
  const rates = hasEmpty ? ratesOf(counts, z * z) : raw;
  const method = hasEmpty ? 'adjusted logit' : 'logit';
  const estimate = (oddsOf: (at: Rates) => number, variance: number): Estimate => {
    const half = z * Math.sqrt(variance);
    const at = Math.log(oddsOf(rates));
    const [low, high] = [expit(at - half), expit(at + half)];
    return { value: shareOf(oddsOf(raw)), interval: { low, high, level, method } };
  };
  const odds = prevalence / (1 - prevalence);
  const { sensitivity: se, specificity: sp } = rates;
  return {
    positive: estimate(
      (at) => (at.sensitivity / (1 - at.specificity)) * odds,
      (1 - se) / se / rates.positives + sp / (1 - sp) / rates.negatives,
    ),
    negative: estimate(
      (at) => at.specificity / (1 - at.sensitivity) / odds,
      se / (1 - se) / rates.positives + (1 - sp) / sp / rates.negatives,
    ),
  };
}

/**
 * Likelihood ratios of a positive and of a negative reading, as ratios of proportions with the score interval of Miettinen &
 * Nurminen (1985).
 */
export function likelihoodRatios(
  counts: DiagnosticCounts,
  level: number,
): { readonly positive: Estimate | undefined; readonly negative: Estimate | undefined } {
  const n1 = counts.truePositives + counts.falseNegatives;
  const n2 = counts.trueNegatives + counts.falsePositives;
  return {
    positive: scoreRatio({ x1: counts.truePositives, n1, x2: counts.falsePositives, n2 }, level),
    negative: scoreRatio({ x1: counts.falseNegatives, n1, x2: counts.trueNegatives, n2 }, level),
  };
}

// Half of `added` cases on either reading of each side.
function ratesOf(counts: DiagnosticCounts, added: number): Rates {
  const positives = counts.truePositives + counts.falseNegatives + added;
  const negatives = counts.trueNegatives + counts.falsePositives + added;
  return {
    sensitivity: (counts.truePositives + added / 2) / positives,
    specificity: (counts.trueNegatives + added / 2) / negatives,
    positives,
    negatives,
  };
}

function shareOf(odds: number): number {
  if (odds === Number.POSITIVE_INFINITY) return 1;
  return odds / (1 + odds);
}

function expit(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
