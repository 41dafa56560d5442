// SPDX-License-Identifier: Apache-2.0

import { backtestPart } from '../backtest/backtest-part.ts';
import { clinicalPart } from '../clinical/clinical-part.ts';
import { alternativesPart } from '../fairness/alternatives/alternatives-part.ts';
import { proxyPart } from '../fairness/proxy/proxy-part.ts';
import { insurancePart } from '../insurance/insurance-part.ts';
import { selectiveLabelsPart } from '../selective-labels/selective-labels-part.ts';
import { slicesPart } from '../slices/slices-part.ts';
import { stabilityPart } from '../stability/stability-part.ts';
import { benchmarkPart } from './benchmark-part.ts';
import { conceptualPart } from './conceptual-part.ts';
import { explanationsPart } from './explanations-part.ts';
import type { PartReport, PlanGround, PlanPart } from './plan-part.ts';
import { sensitivityPart } from './sensitivity-part.ts';

/** Every part of a plan beside performance, fairness and sensitivity, in the order of its reports. */
const PLAN_PARTS: readonly PlanPart[] = [
  slicesPart,
  alternativesPart,
  proxyPart,
  backtestPart,
  selectiveLabelsPart,
  stabilityPart,
  insurancePart,
  clinicalPart,
  sensitivityPart,
  explanationsPart,
  conceptualPart,
  benchmarkPart,
];

/** The reports of all parts that the plan asks for. Throws AnalysisError for a broken plan or table. */
export async function partReports(ground: PlanGround): Promise<readonly PartReport[]> {
  const reports: PartReport[] = [];
  for (const part of PLAN_PARTS) reports.push(...(await part(ground)));
  return reports;
}
