// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { Limit } from '../../plan/measurement.ts';
import { groupName, isUndeclared, referenceOf } from '../../table/grouping.ts';
import { estimateDecision, type FairnessMetric, smallestExpected } from '../compare-groups.ts';
import {
  compareOutcomes,
  OUTCOME_METRICS,
  type OutcomeMetric,
  outcomePairs,
  smallestExpectedOf,
} from '../outcome-criteria.ts';
import type { CandidateGroup } from './candidate-cells.ts';

/** How far a criterion is from equality, and for whom. */
export interface Disparity {
  /** 0 is equality; see `distance`. */
  readonly distance: number;
  readonly attribute: string;
  readonly group: string;
  /** The criterion's own value for that group. */
  readonly value: number;
}

export interface DisparityRule {
  readonly metric: FairnessMetric;
  /** Of the governing criterion: says which side of equality is guarded. */
  readonly limit: Limit | undefined;
  readonly eventsMin: number;
  readonly level: number;
}

/**
 * How far a value lies from equality on the side that the limit guards: a ratio by its logarithm, a difference as it is. A
 * limit from below alone guards a group against less than its reference has; one from above against more; both, or none,
 * against either.
 */
export function distance(rule: Pick<DisparityRule, 'metric' | 'limit'>, value: number): number {
  const gap = signedGap(rule.metric, value);
  return sideOf(rule, gap) === -1 ? Math.max(0, -gap) : Math.max(0, gap);
}

/** 0 for equality, less than 0 where the group has less than its reference. */
export function signedGap(metric: FairnessMetric, value: number): number {
  return metric.endsWith('_ratio') ? Math.log(value) : value;
}

/** Which sign of the gap counts as disparity. */
export function sideOf({ limit }: Pick<DisparityRule, 'limit'>, gap: number): 1 | -1 {
  if (limit?.min !== undefined && limit.max === undefined) return -1;
  if (limit?.max !== undefined && limit.min === undefined) return 1;
  return gap < 0 ? -1 : 1;
}

/**
 * The largest distance over the declared groups of one attribute; groups that tell nothing are left out. Undefined where a
 * group has too few events, since what cannot be measured must not look equal.
 */
export function disparityOf(
  groups: readonly CandidateGroup[],
  groupings: readonly Grouping[],
  rule: DisparityRule,
): Disparity | undefined {
  const reference = groups.find(({ decisions }) => decisions.group === referenceOf(groupings));
  if (reference === undefined) return undefined;
  const others = groups.filter(
    (one) => one !== reference && !isUndeclared(one.decisions.group, groupings),
  );
  const found = others.map((one): Disparity | undefined => {
    const value = criterion(one, reference, rule);
    if (value === undefined || !Number.isFinite(signedGap(rule.metric, value))) return undefined;
    return {
      distance: distance(rule, value),
      attribute: groupName(groupings),
      group: one.decisions.group,
      value,
    };
  });
  return worstOf(found);
}

/** The largest; undefined if any is. The first of equals, in the order given. */
export function worstOf(all: readonly (Disparity | undefined)[]): Disparity | undefined {
  if (all.length === 0 || all.includes(undefined)) return undefined;
  return all.reduce((most, one) => (one!.distance > most!.distance ? one : most));
}

function criterion(
  group: CandidateGroup,
  reference: CandidateGroup,
  { metric, eventsMin, level }: DisparityRule,
): number | undefined {
  if (isOutcomeMetric(metric)) {
    const pairs = outcomePairs(metric, group.outcomes, reference.outcomes);
    if (Math.min(...pairs.map(smallestExpectedOf)) < eventsMin) return undefined;
    const findings = compareOutcomes(group.outcomes, reference.outcomes, {
      group: { by: '', value: '' },
      options: { level, eventsMin, declinedObserved: true },
    });
    return findings.find((one) => one.metric === metric)?.estimate?.value;
  }
  if (smallestExpected(group.decisions, reference.decisions) < eventsMin) return undefined;
  return estimateDecision(metric, group.decisions, reference.decisions, level)?.value;
}

export function isOutcomeMetric(metric: FairnessMetric): metric is OutcomeMetric {
  return OUTCOME_METRICS.some((one) => one === metric);
}
