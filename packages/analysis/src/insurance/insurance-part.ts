// SPDX-License-Identifier: Apache-2.0
import type { PlanPart } from '../plan/plan-part.ts';
import { insuranceReport } from '../reports/insurance-report.ts';
import { priceReport } from '../reports/price-report.ts';

/** The `insurance` part: rates against what happened and, where a price is declared, prices by protected group. */
export const insurancePart: PlanPart = async ({ plan, table, subject }) => {
  if (plan.insurance === undefined) return [];
  const { roles, judges } = subject;
  const common = { roles, plan: plan.insurance, confidence: plan.confidence, judges };
  const rates = await insuranceReport(table, { ...common, segments: plan.segments });
  const prices =
    plan.insurance.price === undefined
      ? []
      : [
          {
            evidence: 'fairness-test' as const,
            kind: 'price',
            report: await priceReport(table, { ...common, protected: subject.protected ?? [] }),
          },
        ];
  return [{ evidence: 'performance-test', kind: 'insurance', report: rates }, ...prices];
};
