// SPDX-License-Identifier: Apache-2.0
import { simpleBenchmarkReport } from '../reports/simple-benchmark-report.ts';
import { refuseOtherTask } from './binary-task.ts';
import type { PlanPart } from './plan-part.ts';

/** A plan's `benchmark.simple`; challengers with predictions of their own are compared by whoever has these. */
export const benchmarkPart: PlanPart = async ({ plan, table, subject, scorer }) => {
  const simple = plan.benchmark?.simple;
  if (simple === undefined || scorer === undefined) return [];
  refuseOtherTask(plan, 'benchmark.simple');
  const report = await simpleBenchmarkReport(table, scorer.spec, {
    simple,
    roles: subject.roles,
    limits: plan.benchmark?.limits,
    judges: subject.judges,
    confidence: plan.confidence,
    cutoff: subject.cutoff,
  });
  return [{ evidence: 'benchmark-test', kind: 'simple', report }];
};
