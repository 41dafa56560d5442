// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { oddsRatio } from '../intervals/odds-ratio.ts';
import { scoreRatio } from '../intervals/proportion-ratio.ts';
import { standardisedDifference } from '../intervals/standardised-difference.ts';
import type { TwoByTwo } from '../numeric/hypergeometric.ts';
import { FORMULA_SOURCES, type MetricId } from '../plan/formula-source.ts';
import type { Finding, MeasuredGroup } from '../plan/measurement.ts';
import type { GroupDecisions, StratumCounts } from './decision-counts.ts';
import { commonOddsRatio, commonRiskRatio } from './mantel-haenszel.ts';
import { OUTCOME_METRICS } from './outcome-criteria.ts';

/** Criteria of decisions alone. All compare a group with its reference; approval ratio is the AIR. */
export const DECISION_METRICS = [
  'approval_ratio',
  'denial_ratio',
  'odds_ratio',
  'smd',
  'conditional_approval_ratio',
  'conditional_denial_ratio',
  'conditional_odds_ratio',
] as const satisfies readonly MetricId[];

export type DecisionMetric = (typeof DECISION_METRICS)[number];

/** What a plan may govern by or set limits on. */
export const FAIRNESS_METRICS = [...DECISION_METRICS, ...OUTCOME_METRICS] as const;

export type FairnessMetric = (typeof FAIRNESS_METRICS)[number];

/** Smallest expected count of a comparison where the plan names none. */
export const EVENTS_MIN_DEFAULT = 5;

export interface CompareOptions {
  readonly level: number;
  /** Smallest expected count of approvals or denials in either group, were both treated alike. */
  readonly eventsMin: number;
  /** Whether strata were declared, and conditional figures are wanted. */
  readonly conditional: boolean;
}

/** Every comparison of a group with the reference, in a fixed order. Odds ratio: odds of denial. SMD: of the score. */
export function compareGroups(
  group: GroupDecisions,
  reference: GroupDecisions,
  about: { readonly group: MeasuredGroup; readonly options: CompareOptions },
): readonly Finding[] {
  const { options } = about;
  const expected = smallestExpected(group, reference);
  const tooFew =
    expected < options.eventsMin
      ? { tooFew: `the smallest expected count, ${expected}, is below ${options.eventsMin}` }
      : {};
  return DECISION_METRICS.filter(
    (metric) => options.conditional || !metric.startsWith('conditional_'),
  )
    .filter((metric) => metric !== 'smd' || group.score !== undefined)
    .map((metric) => ({
      metric,
      estimate:
        expected < options.eventsMin
          ? undefined
          : estimateDecision(metric, group, reference, options.level),
      n: group.n + reference.n,
      events: expected,
      group: about.group,
      ...tooFew,
      source: FORMULA_SOURCES[metric],
    }));
}

/** Denials in the first column, the group in the first row: the table of Fisher's test. */
export function denialTable(group: StratumCounts, reference: StratumCounts): TwoByTwo {
  return { a: group.denied, b: group.approved, c: reference.denied, d: reference.approved };
}

/** One criterion of a group against the reference; undefined where it is not defined on these counts. */
export function estimateDecision(
  metric: DecisionMetric,
  group: GroupDecisions,
  reference: GroupDecisions,
  level: number,
): Estimate | undefined {
  const sizes = { n1: group.n, n2: reference.n };
  switch (metric) {
    case 'approval_ratio':
      return scoreRatio({ ...sizes, x1: group.approved, x2: reference.approved }, level);
    case 'denial_ratio':
      return scoreRatio({ ...sizes, x1: group.denied, x2: reference.denied }, level);
    case 'odds_ratio':
      return oddsRatio(denialTable(group, reference), level);
    case 'smd':
      return group.score === undefined || reference.score === undefined
        ? undefined
        : standardisedDifference(group.score, reference.score, level);
    case 'conditional_approval_ratio':
      return commonRiskRatio(strataTables(group, reference).map(approvalsFirst), level);
    case 'conditional_denial_ratio':
      return commonRiskRatio(strataTables(group, reference), level);
    case 'conditional_odds_ratio':
      return commonOddsRatio(strataTables(group, reference), level);
  }
}

function approvalsFirst({ a, b, c, d }: TwoByTwo): TwoByTwo {
  return { a: b, b: a, c: d, d: c };
}

// Ascending by stratum, so that sums over strata run in one order.
function strataTables(group: GroupDecisions, reference: GroupDecisions): readonly TwoByTwo[] {
  const none: StratumCounts = { approved: 0, denied: 0 };
  return [...new Set([...group.strata.keys(), ...reference.strata.keys()])]
    .sort()
    .map((name) => denialTable(group.strata.get(name) ?? none, reference.strata.get(name) ?? none));
}

/** Smallest expected count of approvals or denials in either group, were both treated alike. */
export function smallestExpected(group: GroupDecisions, reference: GroupDecisions): number {
  const total = group.n + reference.n;
  if (total === 0) return 0;
  const rarer = Math.min(group.approved + reference.approved, group.denied + reference.denied);
  return Math.floor((rarer * Math.min(group.n, reference.n)) / total);
}
