// SPDX-License-Identifier: Apache-2.0

import type { Grouping } from '@countersign/pipeline';
import { type Cells, sizesOf } from '../binary/cells.ts';
import { type Confusion, confusion } from '../binary/confusion.ts';
import type { Cutoff } from '../binary/cutoff.ts';
import {
  CALIBRATION_BINS,
  type Minimum,
  PERFORMANCE_METRICS,
  performanceFindings,
} from '../binary/performance-findings.ts';
import { readCells, readGroupedCells } from '../binary/read-cells.ts';
import { type BrierParts, brierParts, type ScoreBin, scoreBins } from '../binary/score-bins.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import {
  CONFIDENCE_DEFAULT,
  type Judges,
  levelOf,
  refuseUnknownMetrics,
  type TestingPlan,
} from '../plan/testing-plan.ts';
import type { Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const OUT_OF_FOLD_CAVEAT =
  'Scores are out-of-fold: each row is scored by a fit that did not see it. Intervals treat them as one model’s and leave the variation of refitting out.';

export interface PerformanceInput {
  readonly roles: Roles;
  readonly cutoff?: Cutoff | undefined;
  readonly plan: Pick<TestingPlan, 'confidence' | 'metrics' | 'segments'>;
  readonly judges?: Judges | undefined;
  readonly minimum?: Minimum | undefined;
  /** Rows whose outcome is not known yet: an error (default) or left out and counted. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
  /** Scores come from several fits, each on other rows; adds a caveat. */
  readonly outOfFold?: boolean | undefined;
}

export interface CalibrationBin {
  readonly low: DecimalText | null;
  readonly high: DecimalText | null;
  readonly n: number;
  readonly positives: number;
  readonly mean_score: DecimalText | null;
  readonly rate: DecimalText | null;
  readonly rate_low: DecimalText | null;
  readonly rate_high: DecimalText | null;
}

export interface SegmentReport {
  readonly name: string;
  readonly warning?: string;
  readonly measurements: readonly Measurement[];
}

export interface PerformanceReport extends Report {
  readonly kind: 'performance';
  readonly positives: number;
  readonly negatives: number;
  /** Rows left out because they have no label. */
  readonly unlabelled: number;
  readonly cutoff?: Cutoff;
  readonly confusion?: Confusion;
  readonly calibration: readonly CalibrationBin[];
  readonly brier_parts?: Readonly<Record<keyof BrierParts, DecimalText | null>>;
  readonly segments: readonly SegmentReport[];
}

/**
 * Discrimination, accuracy, calibration and decision rates of a binary score, overall and by segment, against the
 * plan's limits. Weights, if declared, give a second, informational set of figures. Throws AnalysisError for unusable
 * columns (naming column and row) and `plan_invalid` for an unknown metric.
 */
export async function performanceReport(
  table: Table,
  input: PerformanceInput,
): Promise<PerformanceReport> {
  refuseUnknownMetrics(input.plan.metrics, PERFORMANCE_METRICS, 'metrics');
  const plain = { ...input.roles, weights: undefined };
  const cells = await readCells(table, plain, { unlabelled: input.unlabelled ?? 'refuse' });
  const sizes = sizesOf(cells);
  const level = levelOf(input.plan.confidence);
  const overall = performanceFindings(cells, { ...input, level }).map((finding) =>
    judgeFinding(finding, input.plan.metrics?.[finding.metric], {
      judge: input.judges?.[finding.metric],
    }),
  );
  const measurements = [...overall, ...(await weightedFigures(table, input, level))];
  return {
    kind: 'performance',
    confidence: input.plan.confidence ?? CONFIDENCE_DEFAULT,
    rows: sizes.n,
    positives: sizes.positives,
    negatives: sizes.negatives,
    unlabelled: table.rowCount - sizes.n,
    ...(input.cutoff === undefined
      ? {}
      : { cutoff: input.cutoff, confusion: confusion(cells, input.cutoff) }),
    measurements,
    calibration: sizes.n === 0 ? [] : scoreBins(cells, CALIBRATION_BINS, level).map(binText),
    ...(sizes.n === 0 ? {} : { brier_parts: partsText(cells) }),
    segments: await segmentReports(table, input, level),
    verdict: worstVerdict(measurements),
    caveats: [
      ...(input.outOfFold === true ? [OUT_OF_FOLD_CAVEAT] : []),
      ...(input.plan.segments ?? []).flatMap((segment) => segment.warning ?? []),
    ],
  };
}

async function weightedFigures(
  table: Table,
  input: PerformanceInput,
  level: number,
): Promise<readonly Measurement[]> {
  if (input.roles.weights === undefined) return [];
  const cells = await readCells(table, input.roles, { unlabelled: input.unlabelled ?? 'refuse' });
  return performanceFindings(cells, { ...input, level, weighted: true }).map((finding) =>
    judgeFinding(finding, undefined),
  );
}

async function segmentReports(
  table: Table,
  input: PerformanceInput,
  level: number,
): Promise<readonly SegmentReport[]> {
  const reports: SegmentReport[] = [];
  for (const segment of input.plan.segments ?? []) {
    reports.push(await segmentReport(table, segment, { input, level }));
  }
  return reports;
}

async function segmentReport(
  table: Table,
  segment: Grouping,
  { input, level }: { readonly input: PerformanceInput; readonly level: number },
): Promise<SegmentReport> {
  const roles = { ...input.roles, weights: undefined };
  const groups = await readGroupedCells(table, roles, [segment], {
    unlabelled: input.unlabelled ?? 'refuse',
  });
  const measurements = [...groups].flatMap(([value, cells]) =>
    performanceFindings(cells, { ...input, level, group: { by: segment.name, value } }).map(
      (finding) => judgeFinding(finding, undefined),
    ),
  );
  return {
    name: segment.name,
    ...(segment.warning === undefined ? {} : { warning: segment.warning }),
    measurements,
  };
}

function binText(bin: ScoreBin): CalibrationBin {
  return {
    low: decimal(bin.low),
    high: decimal(bin.high),
    n: bin.n,
    positives: bin.positives,
    mean_score: decimal(bin.meanScore),
    rate: decimal(bin.rate.value),
    rate_low: decimal(bin.rate.interval?.low ?? Number.NaN),
    rate_high: decimal(bin.rate.interval?.high ?? Number.NaN),
  };
}

function partsText(cells: Cells): Readonly<Record<keyof BrierParts, DecimalText | null>> {
  const parts = brierParts(cells, CALIBRATION_BINS);
  return {
    reliability: decimal(parts.reliability),
    resolution: decimal(parts.resolution),
    uncertainty: decimal(parts.uncertainty),
    withinVariance: decimal(parts.withinVariance),
    withinCovariance: decimal(parts.withinCovariance),
  };
}
