// SPDX-License-Identifier: Apache-2.0
import type { PlanPart } from '../../plan/plan-part.ts';
import { proxyReport } from '../../reports/proxy-report.ts';

/** Approval rates by probable group, where the plan asks for them. */
export const proxyPart: PlanPart = async ({ plan, table, subject }) => {
  const { fairness } = plan;
  const { cutoff, roles } = subject;
  if (fairness?.proxy === undefined || cutoff === undefined) return [];
  const report = await proxyReport(table, {
    plan: { ...fairness, proxy: fairness.proxy },
    confidence: plan.confidence,
    score: roles.score,
    cutoff,
    sources: subject.proxyTables ?? {},
  });
  return [{ evidence: 'fairness-test', kind: 'proxy', report }];
};
