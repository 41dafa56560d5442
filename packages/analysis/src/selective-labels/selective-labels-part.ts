// SPDX-License-Identifier: Apache-2.0
import type { PlanPart } from '../plan/plan-part.ts';
import { selectiveLabelsReport } from './selective-labels-report.ts';

/** What a plan says of outcomes that are not there, and the figures of everyone. */
export const selectiveLabelsPart: PlanPart = async ({ plan, table, subject }) => {
  if (plan.selective_labels === undefined) return [];
  const report = await selectiveLabelsReport(table, {
    plan: plan.selective_labels,
    roles: subject.roles,
    confidence: plan.confidence,
  });
  return [{ evidence: 'performance-test', kind: 'selective-labels', report }];
};
