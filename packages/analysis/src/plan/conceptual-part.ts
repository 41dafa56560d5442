// SPDX-License-Identifier: Apache-2.0
import { conceptualReport } from '../reports/conceptual-report.ts';
import { refuseOtherTask } from './binary-task.ts';
import type { PlanPart } from './plan-part.ts';

/** A plan's `conceptual` checks; nothing without a scorer, whose inputs they are about. */
export const conceptualPart: PlanPart = async ({ plan, table, subject, scorer }) => {
  if (plan.conceptual === undefined || scorer === undefined) return [];
  refuseOtherTask(plan, 'conceptual');
  const report = await conceptualReport(table, scorer, {
    plan: plan.conceptual,
    roles: subject.roles,
    confidence: plan.confidence,
    judges: subject.judges,
  });
  return [{ evidence: 'robustness-test', kind: 'conceptual', report }];
};
