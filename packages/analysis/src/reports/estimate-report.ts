// SPDX-License-Identifier: Apache-2.0
import type { Minimum } from '../binary/performance-findings.ts';
import { ESTIMATE_METRICS, estimateFindings } from '../estimate/estimate-findings.ts';
import { type PredictedQuantile, quantileFindings } from '../estimate/quantile-findings.ts';
import { type Estimates, readEstimates } from '../estimate/read-estimates.ts';
import { type ResidualSummary, residualSummary } from '../estimate/residuals.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import type { Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
  type TestingPlan,
} from '../plan/testing-plan.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { OUT_OF_FOLD_CAVEAT, type SegmentReport } from './performance-report.ts';
import type { Report } from './report.ts';

export interface EstimateInput {
  readonly roles: Roles;
  readonly plan: Pick<TestingPlan, 'confidence' | 'metrics' | 'segments' | 'estimate'>;
  readonly judges?: Judges | undefined;
  readonly minimum?: Minimum | undefined;
  /** Rows whose actual number is not known yet: an error (default) or left out and counted. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
  /** Predictions come from several fits, each on other rows; adds a caveat. */
  readonly outOfFold?: boolean | undefined;
}

export interface EstimateReport extends Report {
  readonly kind: 'estimate';
  /** Rows left out because their actual number is not known. */
  readonly unlabelled: number;
  readonly quantiles?: readonly PredictedQuantile[];
  readonly residuals?: ResidualSummary;
  readonly segments: readonly SegmentReport[];
}

/**
 * Accuracy, bias, explained variance and ranking of predicted numbers, overall and by segment, against the plan's limits;
 * coverage of declared predicted quantiles. Weights, if declared, give a second, informational set of figures. Throws
 * AnalysisError for unusable columns (naming column and row) and `plan_invalid` for an unknown metric.
 */
export async function estimateReport(table: Table, input: EstimateInput): Promise<EstimateReport> {
  const { plan, roles, unlabelled } = input;
  refuseUnknownMetrics(plan.metrics, ESTIMATE_METRICS, 'metrics');
  const level = levelOf(plan.confidence);
  const { weights: _weights, ...plain } = roles;
  const rows = (await readEstimates(table, plain, { unlabelled })).get('') ?? NO_ROWS;
  const quantiles = plan.estimate?.quantiles ?? [];
  const findings = [
    ...estimateFindings(rows, { level, minimum: input.minimum }),
    ...(await quantileFindings(table, plain, { ...input, quantiles, level })),
  ];
  const measurements = [
    ...findings.map((finding) =>
      judgeFinding(finding, plan.metrics?.[finding.metric], {
        judge: input.judges?.[finding.metric],
      }),
    ),
    ...(await weightedFigures(table, input, level)),
  ];
  return {
    kind: 'estimate',
    confidence: plan.confidence ?? CONFIDENCE_DEFAULT,
    rows: rows.actual.length,
    unlabelled: table.rowCount - rows.actual.length,
    measurements,
    ...(quantiles.length === 0 ? {} : { quantiles }),
    ...(rows.actual.length === 0 ? {} : { residuals: residualSummary(rows, level) }),
    segments: await segmentReports(table, { ...input, roles: plain }, level),
    verdict: worstVerdict(measurements),
    caveats: [
      ...(input.outOfFold === true ? [OUT_OF_FOLD_CAVEAT] : []),
      ...(plan.segments ?? []).flatMap((segment) => segment.warning ?? []),
    ],
  };
}

const NO_ROWS: Estimates = {
  predicted: new Float64Array(),
  actual: new Float64Array(),
  weights: new Float64Array(),
};

async function weightedFigures(
  table: Table,
  { roles, minimum, unlabelled }: EstimateInput,
  level: number,
): Promise<readonly Measurement[]> {
  if (roles.weights === undefined) return [];
  const rows = (await readEstimates(table, roles, { unlabelled })).get('') ?? NO_ROWS;
  return estimateFindings(rows, { level, minimum, weighted: true }).map((finding) =>
    judgeFinding(finding, undefined),
  );
}

async function segmentReports(
  table: Table,
  { roles, plan, minimum, unlabelled }: EstimateInput,
  level: number,
): Promise<readonly SegmentReport[]> {
  const reports: SegmentReport[] = [];
  for (const segment of plan.segments ?? []) {
    const groups = await readEstimates(table, roles, { by: [segment], unlabelled });
    const measurements = [...groups].flatMap(([value, rows]) =>
      estimateFindings(rows, { level, minimum, group: { by: segment.name, value } }).map(
        (finding) => judgeFinding(finding, undefined),
      ),
    );
    reports.push({
      name: segment.name,
      ...(segment.warning === undefined ? {} : { warning: segment.warning }),
      measurements,
    });
  }
  return reports;
}
