// SPDX-License-Identifier: Apache-2.0
import { dependenceReport } from '../reports/dependence-report.ts';
import { permutationReport } from '../reports/permutation-report.ts';
import { shapleyReport } from '../reports/shapley-report.ts';
import { refuseOtherTask } from './binary-task.ts';
import type { PartReport, PlanPart } from './plan-part.ts';

const SEED_DEFAULT = 1;

/** A plan's `explanations`: partial dependence, permutation importance, Shapley values and tested reasons; nothing without a scorer. */
export const explanationsPart: PlanPart = async ({ plan, table, subject, scorer }) => {
  const asked = plan.explanations;
  if (asked === undefined || scorer === undefined) return [];
  const evidence = 'explainability-test' as const;
  const seed = asked.seed ?? SEED_DEFAULT;
  const common = { seed, confidence: plan.confidence, judges: subject.judges };
  const reports: PartReport[] = [];
  if (asked.partial_dependence !== undefined) {
    const report = await dependenceReport(table, scorer, { plan: asked.partial_dependence });
    reports.push({ evidence, kind: 'partial-dependence', report });
  }
  if (asked.permutation !== undefined) {
    refuseOtherTask(plan, 'explanations.permutation');
    const about = { ...common, plan: asked.permutation, roles: subject.roles };
    const report = await permutationReport(table, scorer, about);
    reports.push({ evidence, kind: 'permutation', report });
  }
  if (asked.shapley !== undefined) {
    if (asked.shapley.scale === 'logit') refuseOtherTask(plan, 'explanations.shapley.scale: logit');
    const about = { ...common, plan: asked.shapley, cutoff: subject.cutoff };
    const { report, reasons } = await shapleyReport(table, scorer, about);
    reports.push({ evidence, kind: 'shapley', report });
    if (reasons !== undefined) reports.push({ evidence, kind: 'reasons', report: reasons });
  }
  return reports;
};
