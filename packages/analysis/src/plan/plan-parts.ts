// SPDX-License-Identifier: Apache-2.0
import type { PartReport, PlanGround, PlanPart } from './plan-part.ts';

/** Every part of a plan beside performance, fairness and sensitivity, in the order of its reports. */
const PLAN_PARTS: readonly PlanPart[] = [];

/** The reports of all parts that the plan asks for. Throws AnalysisError for a broken plan or table. */
export async function partReports(ground: PlanGround): Promise<readonly PartReport[]> {
  const reports: PartReport[] = [];
  for (const part of PLAN_PARTS) reports.push(...(await part(ground)));
  return reports;
}
