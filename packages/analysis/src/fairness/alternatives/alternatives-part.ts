// SPDX-License-Identifier: Apache-2.0
import type { PlanPart } from '../../plan/plan-part.ts';
import { alternativesReport } from '../../reports/alternatives-report.ts';

/** Less discriminatory alternatives to a score with a cutoff, where the plan asks for the search. */
export const alternativesPart: PlanPart = async ({ plan, table, subject }) => {
  const { fairness } = plan;
  const { cutoff, roles } = subject;
  if (fairness?.alternatives === undefined || cutoff === undefined) return [];
  const report = await alternativesReport(table, {
    plan: { ...fairness, alternatives: fairness.alternatives },
    confidence: plan.confidence,
    roles,
    cutoff,
    protected: subject.protected ?? [],
    unlabelled: subject.unlabelled,
  });
  return [{ evidence: 'fairness-test', kind: 'alternatives', report }];
};
