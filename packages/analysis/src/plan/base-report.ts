// SPDX-License-Identifier: Apache-2.0
import { type EstimateReport, estimateReport } from '../reports/estimate-report.ts';
import { type MarketRiskReport, marketRiskReport } from '../reports/market-risk-report.ts';
import {
  type PerformanceInput,
  type PerformanceReport,
  performanceReport,
} from '../reports/performance-report.ts';
import type { Table } from '../table/table.ts';
import type { Subject } from './evaluate-plan.ts';
import type { TestingPlan } from './testing-plan.ts';

/** What every plan measures, by its task: a probability, a predicted number, or a value-at-risk forecast. */
export type BaseReport = PerformanceReport | EstimateReport | MarketRiskReport;

export async function baseReport(
  plan: TestingPlan,
  table: Table,
  subject: Subject,
): Promise<BaseReport> {
  switch (plan.task ?? 'binary') {
    case 'estimate':
      return estimateReport(table, { ...subject, plan });
    case 'market-risk':
      return marketRiskReport(table, { ...subject, plan });
    case 'binary':
      return performanceReport(table, { ...subject, plan });
  }
}

/** Outcomes of served answers, by the functions that measured the model before it served. */
export type OutcomeReport = PerformanceReport | EstimateReport;

export function outcomeReport(
  table: Table,
  task: TestingPlan['task'],
  input: PerformanceInput,
): Promise<OutcomeReport> {
  return task === 'estimate' ? estimateReport(table, input) : performanceReport(table, input);
}
