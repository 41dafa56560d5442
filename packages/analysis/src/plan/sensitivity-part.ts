// SPDX-License-Identifier: Apache-2.0
import { noiseReport } from '../reports/noise-report.ts';
import { stressReport } from '../reports/stress-report.ts';
import type { PartReport, PlanPart } from './plan-part.ts';

/** Declared scenarios and noise of a plan's `sensitivity`; nothing without a scorer. */
export const sensitivityPart: PlanPart = async ({ plan, table, subject, scorer }) => {
  const { scenarios, noise, rows } = plan.sensitivity ?? {};
  if (scorer === undefined) return [];
  const common = {
    cutoff: subject.cutoff,
    confidence: plan.confidence,
    judges: subject.judges,
    rowsMax: rows,
  };
  const evidence = 'robustness-test' as const;
  const reports: PartReport[] = [];
  if (scenarios !== undefined) {
    const report = await stressReport(table, scorer, { ...common, scenarios });
    reports.push({ evidence, kind: 'stress', report });
  }
  if (noise !== undefined) {
    const report = await noiseReport(table, scorer, { ...common, plan: noise });
    reports.push({ evidence, kind: 'noise', report });
  }
  return reports;
};
