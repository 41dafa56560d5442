// SPDX-License-Identifier: Apache-2.0

import type { Grouping } from '@countersign/pipeline';
import type { Cutoff } from '../binary/cutoff.ts';
import type { DecisionBasis } from '../fairness/decision-counts.ts';
import type { ProxySources } from '../fairness/proxy/group-probabilities.ts';
import { type FairnessReport, fairnessReport } from '../reports/fairness-report.ts';
import { type RobustnessReport, robustnessReport } from '../reports/robustness-report.ts';
import { type StabilityReport, stabilityReport } from '../reports/stability-report.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { countedSubject } from '../selective-labels/counted-subject.ts';
import type { FrozenBins } from '../stability/frozen-bins.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { type BaseReport, baseReport, type OutcomeReport, outcomeReport } from './base-report.ts';
import type { LaterRows } from './later-rows.ts';
import type { Verdict } from './measurement.ts';
import type { PartReport } from './plan-part.ts';
import { partReports } from './plan-parts.ts';
import type { FairnessPlan, Judges, Limits, TestingPlan } from './testing-plan.ts';

/** What the figures of a plan are measured on. */
export interface Subject {
  readonly roles: Roles;
  readonly cutoff?: Cutoff | undefined;
  /** Protected groupings of the data section. */
  readonly protected?: readonly Grouping[] | undefined;
  /** Names of protected groupings to intersect. */
  readonly intersections?: readonly (readonly string[])[] | undefined;
  readonly judges?: Judges | undefined;
  /** Surname and geography tables of the firm, for group probabilities. */
  readonly proxyTables?: ProxySources | undefined;
  /** Scores come from several fits, each on other rows. */
  readonly outOfFold?: boolean | undefined;
  /** Rows whose outcome is not known: an error (default), or left out. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
  /** The rows of the plan's `later`. */
  readonly later?: LaterRows | undefined;
}

export interface TestingEvaluation {
  /** By the plan's task. */
  readonly performance: BaseReport;
  readonly fairness?: FairnessReport;
  readonly robustness?: RobustnessReport;
  /** What further parts of the plan gave. */
  readonly parts: readonly PartReport[];
  /** `fail` over `inconclusive` over `pass`; `informational` when the plan sets no limit at all. */
  readonly verdict: Verdict;
}

/**
 * Measures a `testing` plan on scored rows: performance with segments, fairness at the cutoff and, given a scorer,
 * sensitivity. The same function serves developer tests and validation. Throws AnalysisError for a broken plan or table.
 */
export async function evaluatePlan(
  plan: TestingPlan,
  table: Table,
  given: Subject & { readonly scorer?: Scorer | undefined },
): Promise<TestingEvaluation> {
  const subject = await countedSubject(plan, table, given);
  const performance = await baseReport(plan, table, subject);
  const basis = recommendation(subject);
  const fairness =
    plan.fairness === undefined || basis === undefined
      ? undefined
      : await fairnessReport(table, {
          plan: plan.fairness,
          confidence: plan.confidence,
          protected: subject.protected ?? [],
          intersections: subject.intersections,
          basis,
          judges: subject.judges,
          roles: subject.roles,
          unlabelled: subject.unlabelled,
          cutoff: subject.cutoff,
        });
  const robustness =
    plan.sensitivity === undefined || subject.scorer === undefined
      ? undefined
      : await robustnessReport(table, subject.scorer, {
          plan: plan.sensitivity,
          cutoff: subject.cutoff,
          isProbability: (plan.task ?? 'binary') === 'binary',
        });
  const parts = await partReports({ plan, table, subject, scorer: subject.scorer });
  const further = parts.map(({ report }) => report);
  return {
    performance,
    ...(fairness === undefined ? {} : { fairness }),
    ...(robustness === undefined ? {} : { robustness }),
    parts,
    verdict: combinedVerdict([performance, fairness, robustness, ...further]),
  };
}

/** The monitoring section of the pipeline file, as far as it is measured on rows. */
export interface MonitoringPlan {
  readonly window?: string | undefined;
  readonly stability?:
    | { readonly limits: Limits; readonly false_alarms_per_year?: string | undefined }
    | undefined;
  readonly outcomes?:
    | { readonly limits: Limits; readonly events_min?: number | undefined }
    | undefined;
  readonly fairness?: FairnessPlan | undefined;
}

export interface MonitoringEvaluation {
  readonly stability?: StabilityReport;
  readonly outcomes?: OutcomeReport;
  readonly fairness?: FairnessReport;
  /** Parts of the plan whose limit is broken. */
  readonly breaches: readonly ('stability' | 'outcomes' | 'fairness')[];
  readonly verdict: Verdict;
}

/**
 * Measures a `monitoring` plan on one window of served decisions. `bins` were frozen at the reference; rows whose
 * outcome is not known yet count for stability and fairness, and are left out of the outcome figures.
 */
export async function evaluateMonitoring(
  plan: MonitoringPlan,
  table: Table,
  subject: Subject & {
    readonly bins?: readonly FrozenBins[] | undefined;
    readonly basis?: DecisionBasis | undefined;
    readonly confidence?: string | undefined;
    /** Of the model's testing plan. */
    readonly task?: TestingPlan['task'];
  },
): Promise<MonitoringEvaluation> {
  const stability = await watchedStability(plan, table, subject.bins);
  const outcomes =
    plan.outcomes === undefined
      ? undefined
      : await outcomeReport(table, subject.task, {
          ...subject,
          plan: { metrics: plan.outcomes.limits, confidence: subject.confidence },
          unlabelled: 'skip',
          ...(plan.outcomes.events_min === undefined
            ? {}
            : { minimum: { rows: plan.outcomes.events_min, events: plan.outcomes.events_min } }),
        });
  const basis = subject.basis ?? recommendation(subject);
  const fairness =
    plan.fairness === undefined || basis === undefined
      ? undefined
      : await fairnessReport(table, {
          ...subject,
          plan: plan.fairness,
          protected: subject.protected ?? [],
          basis,
          unlabelled: 'skip',
        });
  const parts = { stability, outcomes, fairness };
  const names = ['stability', 'outcomes', 'fairness'] as const;
  return {
    ...(stability === undefined ? {} : { stability }),
    ...(outcomes === undefined ? {} : { outcomes }),
    ...(fairness === undefined ? {} : { fairness }),
    breaches: names.filter((name) => parts[name]?.verdict === 'fail'),
    verdict: combinedVerdict(Object.values(parts)),
  };
}

async function watchedStability(
  plan: MonitoringPlan,
  table: Table,
  bins: readonly FrozenBins[] | undefined,
): Promise<StabilityReport | undefined> {
  if (plan.stability === undefined || bins === undefined) return undefined;
  return stabilityReport(table, {
    bins,
    limits: plan.stability.limits,
    alarms: { falseAlarmsPerYear: plan.stability.false_alarms_per_year, window: plan.window },
  });
}

function recommendation({ roles, cutoff }: Subject): DecisionBasis | undefined {
  return cutoff === undefined ? undefined : { on: 'recommendation', score: roles.score, cutoff };
}

/** The worst verdict of several reports; a missing one says nothing. */
export function combinedVerdict(
  reports: readonly ({ readonly verdict: Verdict } | undefined)[],
): Verdict {
  const verdicts = reports.flatMap((report) => report?.verdict ?? []);
  const order: readonly Verdict[] = ['fail', 'inconclusive', 'pass'];
  return order.find((verdict) => verdicts.includes(verdict)) ?? 'informational';
}
