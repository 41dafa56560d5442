// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { PlanPart } from '../plan/plan-part.ts';
import { clinicalReport } from '../reports/clinical-report.ts';

/** The `clinical` part, measured at the model's cutoff. Throws `plan_invalid` where there is none. */
export const clinicalPart: PlanPart = async ({ plan, table, subject }) => {
  if (plan.clinical === undefined) return [];
  const { roles, cutoff, judges } = subject;
  if (cutoff === undefined) {
    throw new AnalysisError(
      'plan_invalid',
      '`clinical` measures readings at a cutoff; declare one',
      {
        details: { field: 'clinical' },
      },
    );
  }
  const report = await clinicalReport(table, {
    roles,
    cutoff,
    plan: plan.clinical,
    confidence: plan.confidence,
    judges,
    inUnits: roles.unit !== undefined,
  });
  return [{ evidence: 'performance-test', kind: 'clinical', report }];
};
