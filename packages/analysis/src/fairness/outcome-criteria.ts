// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { scoreDifference } from '../intervals/proportion-difference.ts';
import { scoreRatio, type TwoProportions } from '../intervals/proportion-ratio.ts';
import { wilson } from '../intervals/wilson.ts';
import type { TwoByTwo } from '../numeric/hypergeometric.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';
import type { OutcomeCounts } from './outcome-counts.ts';

/**
 * Criteria that need outcomes, each a group against its reference; a difference is group less reference.
 * - `equal_opportunity_*`: approval rate among favourable outcomes (Hardt, Price & Srebro 2016);
 * - `false_approval_difference`: approval rate among unfavourable outcomes;
 * - `equalised_odds_difference`: the larger of these two gaps, without sign;
 * - `predictive_parity_difference`: rate of favourable outcomes among the approved (Chouldechova 2017);
 * - `declined_outcome_difference`: rate of favourable outcomes among the declined.
 */
export const OUTCOME_METRICS = [
  'equal_opportunity_difference',
  'equal_opportunity_ratio',
  'false_approval_difference',
  'equalised_odds_difference',
  'predictive_parity_difference',
  'declined_outcome_difference',
] as const satisfies readonly MetricId[];

export type OutcomeMetric = (typeof OUTCOME_METRICS)[number];

/** Rates of one group behind the criteria, printed beside them. */
export const OUTCOME_RATES = [
  'favourable_approval_rate',
  'unfavourable_approval_rate',
  'approved_favourable_rate',
  'declined_favourable_rate',
] as const satisfies readonly MetricId[];

type OutcomeRate = (typeof OUTCOME_RATES)[number];

/** Whether a figure needs outcomes of declined cases; those of approved ones alone give one comparison and one rate. */
export function needsDeclined(metric: string): boolean {
  return !['predictive_parity_difference', 'approved_favourable_rate'].includes(metric);
}

export interface OutcomeOptions {
  readonly level: number;
  readonly eventsMin: number;
  /** The plan says that outcomes of declined cases come in too, so that a missing one is late and not hidden. */
  readonly declinedObserved: boolean;
}

/** Every criterion of a group against the reference, in a fixed order. */
export function compareOutcomes(
  group: OutcomeCounts,
  reference: OutcomeCounts,
  about: { readonly group: MeasuredGroup; readonly options: OutcomeOptions },
): readonly Finding[] {
  const hidden = hiddenOutcomes([group, reference], about.options);
  return OUTCOME_METRICS.map((metric) => {
    const pairs = outcomePairs(metric, group, reference);
    const events = Math.min(...pairs.map(smallestExpectedOf));
    const withheld = needsDeclined(metric) ? hidden : undefined;
    const few = events < about.options.eventsMin;
    return {
      metric,
      estimate:
        withheld !== undefined || few ? undefined : estimateOf(metric, pairs, about.options.level),
      n: pairs.reduce((sum, { n1, n2 }) => sum + n1 + n2, 0),
      events,
      group: about.group,
      ...(withheld === undefined ? {} : { withheld }),
      ...(few
        ? {
            tooFew: `the smallest expected count, ${events}, is below ${about.options.eventsMin}`,
          }
        : {}),
      source: FORMULA_SOURCES[metric],
    };
  });
}

/** The four rates of one group with Wilson intervals; none where fewer rows than `eventsMin` stand below it. */
export function outcomeRates(
  counts: OutcomeCounts,
  about: { readonly group: MeasuredGroup; readonly options: OutcomeOptions },
): readonly Finding[] {
  const { level, eventsMin } = about.options;
  const hidden = hiddenOutcomes([counts], about.options);
  return OUTCOME_RATES.map((metric) => {
    const { x, n } = rateOf(metric, counts);
    const withheld = needsDeclined(metric) ? hidden : undefined;
    return {
      metric,
      estimate: withheld !== undefined || n < eventsMin ? undefined : wilson(x, n, level),
      n,
      group: about.group,
      ...(withheld === undefined ? {} : { withheld }),
      ...(n < eventsMin ? { tooFew: `${n} rows are fewer than ${eventsMin}` } : {}),
      source: FORMULA_SOURCES[metric],
    };
  });
}

/** The table of Fisher's exact test of equal rates: the group in the first row. */
export function rateTable(
  rate: OutcomeRate,
  group: OutcomeCounts,
  reference: OutcomeCounts,
): TwoByTwo {
  const { x1, n1, x2, n2 } = pairOf(rate, group, reference);
  return { a: x1, b: n1 - x1, c: x2, d: n2 - x2 };
}

/**
 * Rates conditional on outcome, or over declined cases, cannot be told where declined cases hide theirs: whoever was
 * declined for good reason is missing from the denominator. Refused unless the plan says that outcomes come in for all.
 */
export function hiddenOutcomes(
  groups: readonly OutcomeCounts[],
  options: Pick<OutcomeOptions, 'declinedObserved'>,
): string | undefined {
  const sum = (pick: (counts: OutcomeCounts) => number) =>
    groups.reduce((total, counts) => total + pick(counts), 0);
  const unknown = sum(({ deniedUnknown }) => deniedUnknown);
  const known = sum((counts) => counts.deniedFavourable + counts.deniedUnfavourable);
  const none = unknown > 0 && known === 0;
  if (unknown === 0 || (options.declinedObserved && !none)) return undefined;
  return `outcomes of ${unknown} of ${unknown + known} declined rows are not known`;
}

function pairsOf(metric: OutcomeMetric): readonly OutcomeRate[] {
  switch (metric) {
    case 'equal_opportunity_difference':
    case 'equal_opportunity_ratio':
      return ['favourable_approval_rate'];
    case 'false_approval_difference':
      return ['unfavourable_approval_rate'];
    case 'equalised_odds_difference':
      return ['favourable_approval_rate', 'unfavourable_approval_rate'];
    case 'predictive_parity_difference':
      return ['approved_favourable_rate'];
    case 'declined_outcome_difference':
      return ['declined_favourable_rate'];
  }
}

function rateOf(
  rate: OutcomeRate,
  counts: OutcomeCounts,
): { readonly x: number; readonly n: number } {
  const { approvedFavourable: af, approvedUnfavourable: au } = counts;
  const { deniedFavourable: df, deniedUnfavourable: du } = counts;
  switch (rate) {
    case 'favourable_approval_rate':
      return { x: af, n: af + df };
    case 'unfavourable_approval_rate':
      return { x: au, n: au + du };
    case 'approved_favourable_rate':
      return { x: af, n: af + au };
    case 'declined_favourable_rate':
      return { x: df, n: df + du };
  }
}

function pairOf(rate: OutcomeRate, group: OutcomeCounts, reference: OutcomeCounts): TwoProportions {
  const first = rateOf(rate, group);
  const second = rateOf(rate, reference);
  return { x1: first.x, n1: first.n, x2: second.x, n2: second.n };
}

/** The counts behind one criterion: one pair of proportions, or the two of equalised odds. */
export function outcomePairs(
  metric: OutcomeMetric,
  group: OutcomeCounts,
  reference: OutcomeCounts,
): readonly TwoProportions[] {
  return pairsOf(metric).map((rate) => pairOf(rate, group, reference));
}

function estimateOf(
  metric: OutcomeMetric,
  pairs: readonly TwoProportions[],
  level: number,
): Estimate | undefined {
  const [only] = pairs;
  if (metric === 'equal_opportunity_ratio') return scoreRatio(only!, level);
  if (metric === 'equalised_odds_difference') return largerGap(pairs, level);
  return scoreDifference(only!, level);
}

/**
 * The larger of two gaps without sign. Each gap's interval is taken at half the miss, so that both hold together at
 * `level` at least (Bonferroni); the interval of the larger follows from theirs and covers no less.
 */
function largerGap(pairs: readonly TwoProportions[], level: number): Estimate | undefined {
  const gaps = pairs.map((pair) => scoreDifference(pair, 1 - (1 - level) / pairs.length));
  const sizes = gaps.flatMap((gap) => (gap?.interval === undefined ? [] : [sizeOf(gap)]));
  if (sizes.length < pairs.length) return undefined;
  const most = (pick: (size: (typeof sizes)[number]) => number) => Math.max(...sizes.map(pick));
  return {
    value: most(({ value }) => value),
    interval: {
      low: most(({ low }) => low),
      high: most(({ high }) => high),
      level,
      method: 'miettinen-nurminen, bonferroni',
    },
  };
}

function sizeOf({ value, interval }: Estimate) {
  const { low, high } = interval!;
  const straddles = low < 0 && high > 0;
  return {
    value: Math.abs(value),
    low: straddles ? 0 : Math.min(Math.abs(low), Math.abs(high)),
    high: Math.max(Math.abs(low), Math.abs(high)),
  };
}

/** Smallest expected count of either kind in either group, were both alike; rounded down. */
export function smallestExpectedOf({ x1, n1, x2, n2 }: TwoProportions): number {
  const total = n1 + n2;
  if (total === 0) return 0;
  const rarer = Math.min(x1 + x2, total - x1 - x2);
  return Math.floor((rarer * Math.min(n1, n2)) / total);
}
