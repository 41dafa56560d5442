// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { LaterRows } from '../plan/later-rows.ts';
import type { PartReport, PlanGround } from '../plan/plan-part.ts';
import { refuseRows } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { type BacktestPlan, backtestReport } from './backtest-report.ts';
import { dateExpression, periodsOf } from './periods.ts';

/**
 * The back-test of a plan: on the later rows that it names, else on its own. A plan that states a gap instead measures
 * nothing; the gap is printed from the plan.
 */
export async function backtestPart(ground: PlanGround): Promise<readonly PartReport[]> {
  const plan = ground.plan.backtest;
  if (plan === undefined || 'gap' in plan) return [];
  const { subject } = ground;
  const { later } = subject;
  const table = later?.table ?? ground.table;
  const roles = later?.roles ?? subject.roles;
  const rolling = plan.predictions === undefined ? undefined : rollingScores(later);
  if (rolling !== undefined) await refuseSeenTime(table, plan, rolling.trainedUntil);
  const report = await backtestReport(table, {
    plan,
    roles: rolling === undefined ? roles : { ...roles, score: rolling.score },
    confidence: ground.plan.confidence,
    cutoff: subject.cutoff,
    judges: subject.judges,
    scores: rolling === undefined ? 'one-model' : 'rolling',
    developedUntil: later === undefined ? undefined : await lastPeriod(ground.table, plan),
  });
  return [
    {
      evidence: 'performance-test',
      kind: 'backtest',
      report,
      ...(later === undefined ? {} : { data: later.data }),
    },
  ];
}

function rollingScores(later: LaterRows | undefined): NonNullable<LaterRows['rolling']> {
  if (later?.rolling !== undefined) return later.rolling;
  throw new AnalysisError(
    'plan_invalid',
    '`backtest.predictions` needs the later rows that a run scored; name their split in `testing.later`, or leave it out where others measure',
    { details: { field: 'backtest.predictions' } },
  );
}

/** A rolling score counts only where its fit had not seen the row's own time. */
async function refuseSeenTime(
  table: Table,
  plan: BacktestPlan,
  trainedUntil: string,
): Promise<void> {
  const until = await dateExpression(table, trainedUntil);
  const time = await dateExpression(table, plan.time);
  await refuseRows(table, [
    {
      code: 'value_invalid',
      column: trainedUntil,
      fails: `${until} >= ${time}`,
      message: `says that the fit behind the score had seen the row’s own \`${plan.time}\`; score each row by an earlier fit`,
    },
  ]);
}

async function lastPeriod(development: Table, plan: BacktestPlan) {
  if (!development.columns.has(plan.time)) return undefined;
  const periods = await periodsOf(development, plan.time, plan.window);
  const [last] = await development.select(
    `SELECT max(${periods.expression}) FROM ${development.relation}`,
  );
  const index = Number(last![0]);
  return { index, name: periods.nameOf(index) };
}
