// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { PlanPart } from '../plan/plan-part.ts';
import { freezeReference, stabilityReport } from '../reports/stability-report.ts';

const SCORE = 'score';

/**
 * Stability of the later rows against the plan's own, with the bins frozen there: the score, and the columns that the plan
 * names. The same function measures it in monitoring.
 */
export const stabilityPart: PlanPart = async ({ plan, table, subject }) => {
  const { stability } = plan;
  if (stability === undefined) return [];
  const { later } = subject;
  if (later === undefined) {
    throw new AnalysisError(
      'plan_invalid',
      '`stability` compares with later rows; name their split in `testing.later`, or leave it out where others measure',
      { details: { field: 'stability' } },
    );
  }
  const own = { score: subject.roles.score };
  const columns = [own.score, ...stability.columns.filter((name) => name !== SCORE)];
  const frozen = await freezeReference(table, columns, { bins: stability.bins, score: own.score });
  // The two tables may call the score differently; the bins go by the later one's name.
  const bins = frozen.map((one) =>
    one.column === own.score ? { ...one, column: later.roles.score } : one,
  );
  const report = await stabilityReport(later.table, {
    bins,
    limits: stability.limits,
    alarms: {
      falseAlarmsPerYear: stability.false_alarms_per_year,
      window: windowOf(plan.backtest),
    },
  });
  return [{ evidence: 'robustness-test', kind: 'stability', report, data: later.data }];
};

function windowOf(backtest: Parameters<PlanPart>[0]['plan']['backtest']): string | undefined {
  return backtest === undefined || 'gap' in backtest ? undefined : backtest.window;
}
