// SPDX-License-Identifier: Apache-2.0
import type { PlanPart } from '../plan/plan-part.ts';
import { slicesReport } from '../reports/slices-report.ts';

/** Slices where the model is worse than elsewhere, where the plan asks for the search. */
export const slicesPart: PlanPart = async ({ plan, table, subject }) => {
  if (plan.slices === undefined) return [];
  const report = await slicesReport(table, {
    plan: plan.slices,
    confidence: plan.confidence,
    roles: subject.roles,
    unlabelled: subject.unlabelled,
    cutoff: subject.cutoff,
    judges: subject.judges,
  });
  return [{ evidence: 'performance-test', kind: 'slices', report }];
};
