// SPDX-License-Identifier: Apache-2.0
import type { Report } from '../reports/report.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import type { Table } from '../table/table.ts';
import type { Subject } from './evaluate-plan.ts';
import type { TestingPlan } from './testing-plan.ts';

/** What a part of a plan is measured on. */
export interface PlanGround {
  readonly plan: TestingPlan;
  readonly table: Table;
  readonly subject: Subject;
  /** Scores rows one by one; without it a part that needs new scores measures nothing. */
  readonly scorer?: Scorer | undefined;
}

/** A report with the evidence item and kind that it is recorded under. */
export interface PartReport {
  readonly evidence:
    | 'performance-test'
    | 'fairness-test'
    | 'robustness-test'
    | 'benchmark-test'
    | 'explainability-test';
  /** Of the evidence item: `backtest`, `stress`. */
  readonly kind: string;
  readonly report: Report;
  /** The rows it was measured on, where they are not the plan's own. */
  readonly data?: { readonly description: string; readonly digest: string; readonly rows: number };
}

/**
 * One part of a testing plan: measures what its member of the plan asks for, nothing where the plan does not ask. Pure of
 * the table: two calls on the same rows give the same reports, whatever the thread count.
 */
export type PlanPart = (ground: PlanGround) => Promise<readonly PartReport[]>;
