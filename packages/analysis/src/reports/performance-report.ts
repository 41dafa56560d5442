// SPDX-License-Identifier: Apache-2.0

import type { Grouping } from '@countersign/pipeline';
import { type Cells, cellsOfSorted, type SortedRows, sizesOf } from '../binary/cells.ts';
import {
  type ClusterIntervals,
  REPLICATES_DEFAULT,
  type UnitCells,
} from '../binary/cluster-bootstrap.ts';
import { type Confusion, confusion } from '../binary/confusion.ts';
import type { Cutoff } from '../binary/cutoff.ts';
import { type Costs, leastCost } from '../binary/decision-cost.ts';
import {
  AT_CUTOFF,
  MINIMUM_DEFAULT,
  type Minimum,
  PERFORMANCE_METRICS,
  type PerformanceFindings,
  performanceFigures,
} from '../binary/performance-findings.ts';
import { groupRows, type LabelledRows, readLabelledRows } from '../binary/read-cells.ts';
import type { BandRule } from '../binary/score-bands.ts';
import type { BrierParts } from '../binary/score-bins.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import {
  type DecimalText,
  decimal,
  type MeasuredGroup,
  type Measurement,
} from '../plan/measurement.ts';
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
import {
  type BandRow,
  bandRows,
  brierRows,
  type CalibrationBin,
  calibrationRows,
  type HosmerLemeshowText,
  hosmerLemeshowText,
  type RocText,
  rocRows,
} from './score-tables.ts';

export const OUT_OF_FOLD_CAVEAT =
  'Scores are out-of-fold: each row is scored by a fit that did not see it. Intervals treat them as one model’s and leave the variation of refitting out.';
// Percentiles of resampled units need units enough to resample; with fewer the interval is known to be too narrow.
const UNITS_FEW = 30;

export interface PerformanceInput {
  readonly roles: Roles;
  readonly cutoff?: Cutoff | undefined;
  readonly plan: Pick<
    TestingPlan,
    'confidence' | 'metrics' | 'segments' | 'cutoffs' | 'bands' | 'costs' | 'bootstrap'
  >;
  readonly judges?: Judges | undefined;
  readonly minimum?: Minimum | undefined;
  /** Rows whose outcome is not known yet: an error (default) or left out and counted. */
  readonly unlabelled?: 'refuse' | 'skip' | undefined;
  /** Scores come from several fits, each on other rows; adds a caveat. */
  readonly outOfFold?: boolean | undefined;
}

export interface SegmentReport {
  readonly name: string;
  readonly warning?: string;
  readonly measurements: readonly Measurement[];
}

/** What wrong decisions cost on these rows at the declared cutoff, and where they would cost least. */
export interface CostReport {
  readonly false_positive: DecimalText;
  readonly false_negative: DecimalText;
  readonly unit?: string;
  /** A fact of these rows; the cutoff is chosen elsewhere. A null cutoff decides no row adverse. */
  readonly least: {
    readonly cutoff: DecimalText | null;
    readonly cost_per_row: DecimalText | null;
  } | null;
  readonly note: string;
}

/** The curves and tables that carry weights, beside those of rows. */
export interface WeightedTables {
  readonly calibration: readonly CalibrationBin[];
  readonly bands: readonly BandRow[];
  readonly roc: readonly RocText[];
}

/** What the intervals of a report with a declared unit come from. */
export interface ClusterReport {
  readonly unit: string;
  readonly units: number;
  readonly replicates: number;
  readonly seed: string;
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
  readonly hosmer_lemeshow?: HosmerLemeshowText;
  /** At most 200 points, in order of falling score. */
  readonly roc: readonly RocText[];
  /** From the highest scores down. */
  readonly bands: readonly BandRow[];
  readonly cost?: CostReport;
  /** Rates at the further cutoffs of the plan. */
  readonly cutoffs: readonly Measurement[];
  readonly weighted?: WeightedTables;
  readonly clusters?: ClusterReport;
  readonly segments: readonly SegmentReport[];
}

/**
 * Discrimination, accuracy, calibration and decision rates of a binary score, overall and by segment, against the
 * plan's limits. Weights, if declared, give a second, informational set of figures; a unit, if declared, gives intervals
 * from resampling units. Throws AnalysisError for unusable columns (naming column and row) and `plan_invalid` for an
 * unknown metric.
 */
export async function performanceReport(
  table: Table,
  input: PerformanceInput,
): Promise<PerformanceReport> {
  refuseUnknownMetrics(input.plan.metrics, PERFORMANCE_METRICS, 'metrics');
  const segments = input.plan.segments ?? [];
  const rows = await readLabelledRows(table, input.roles, {
    unlabelled: input.unlabelled,
    groupings: segments.map((segment) => [segment]),
  });
  const rule = ruleOf(input);
  const cells = cellsOfSorted({ scores: rows.scores, labels: rows.labels });
  const sizes = sizesOf(cells);
  const overall = figuresOf(rows, cells, { ...rule, cutoffs: furtherCutoffs(input) });
  const all = overall.findings.map((finding) => judged(finding, input));
  const measurements = all.filter(({ group }) => group?.by !== AT_CUTOFF);
  const isTold = overall.findings.every(({ tooFew }) => tooFew === undefined);
  return {
    kind: 'performance',
    confidence: input.plan.confidence ?? CONFIDENCE_DEFAULT,
    rows: sizes.n,
    positives: sizes.positives,
    negatives: sizes.negatives,
    unlabelled: table.rowCount - sizes.n,
    ...(input.cutoff === undefined ? {} : { cutoff: input.cutoff }),
    ...(isTold ? toldTables(cells, input, rule) : { calibration: [], roc: [], bands: [] }),
    ...(isTold && rows.weights !== undefined ? { weighted: weightedTables(rows, rule) } : {}),
    measurements,
    cutoffs: all.filter(({ group }) => group?.by === AT_CUTOFF),
    ...clusterReport(overall.clusters, input.roles),
    segments: segments.map((segment, index) => segmentReport(rows, segment, { index, rule })),
    verdict: worstVerdict(measurements),
    caveats: [
      ...(input.outOfFold === true ? [OUT_OF_FOLD_CAVEAT] : []),
      ...unitCaveats(overall.clusters),
      ...segments.flatMap((segment) => segment.warning ?? []),
    ],
  };
}

/** How every set of rows is measured. */
interface Rule {
  readonly level: number;
  readonly cutoff: Cutoff | undefined;
  readonly costs: Costs | undefined;
  readonly minimum: Minimum;
  readonly bands: BandRule;
  readonly replicates: number;
}

const BANDS_DEFAULT = { count: 10 } as const;

function ruleOf({ plan, cutoff, minimum }: PerformanceInput): Rule {
  const { costs, bands } = plan;
  return {
    level: levelOf(plan.confidence),
    cutoff,
    costs:
      costs === undefined
        ? undefined
        : {
            falsePositive: Number(costs.false_positive),
            falseNegative: Number(costs.false_negative),
          },
    minimum: minimum ?? MINIMUM_DEFAULT,
    bands:
      bands === undefined || 'count' in bands
        ? (bands ?? BANDS_DEFAULT)
        : { edges: bands.edges.map(Number) },
    replicates: plan.bootstrap?.replicates ?? REPLICATES_DEFAULT,
  };
}

function furtherCutoffs({ plan, cutoff }: PerformanceInput): readonly Cutoff[] {
  const adverseWhen = cutoff?.adverseWhen ?? 'at-or-above';
  return (plan.cutoffs ?? []).map((one) => ({ cutoff: one, adverseWhen }));
}

type Findings = PerformanceFindings['findings'];

/** Figures of some rows: counted, then, where rows have weights, weighted. Unit intervals wherever a unit is declared. */
function figuresOf(
  rows: SortedRows,
  cells: Cells,
  rule: Rule & { readonly group?: MeasuredGroup; readonly cutoffs?: readonly Cutoff[] },
): PerformanceFindings {
  const { units, weights } = rows;
  const clusters = (weighted: Float64Array | undefined) =>
    units === undefined
      ? undefined
      : {
          cells: cellsOfSorted({ ...rows, weights: weighted }) as UnitCells,
          replicates: rule.replicates,
        };
  const plain = performanceFigures(cells, { ...rule, clusters: clusters(undefined) });
  if (weights === undefined) return plain;
  const heavy = cellsOfSorted({ ...rows, units: undefined });
  const weighted = performanceFigures(heavy, {
    ...rule,
    weighted: true,
    clusters: clusters(weights),
  });
  const findings: Findings = [...plain.findings, ...weighted.findings];
  return { ...plain, findings };
}

// Limits judge the figures of rows, over all of them; everything else is told beside.
function judged(finding: Findings[number], { plan, judges }: PerformanceInput): Measurement {
  const isJudged = finding.weighted !== true && finding.group === undefined;
  return judgeFinding(finding, isJudged ? plan.metrics?.[finding.metric] : undefined, {
    judge: judges?.[finding.metric],
  });
}

function segmentReport(
  rows: LabelledRows,
  segment: Grouping,
  { index, rule }: { readonly index: number; readonly rule: Rule },
): SegmentReport {
  const measurements = groupRows(rows, rows.groups[index]!).flatMap(([value, own]) => {
    const cells = cellsOfSorted({ scores: own.scores, labels: own.labels });
    const group = { by: segment.name, value };
    return figuresOf(own, cells, { ...rule, group }).findings.map((finding) =>
      judgeFinding(finding, undefined),
    );
  });
  return {
    name: segment.name,
    ...(segment.warning === undefined ? {} : { warning: segment.warning }),
    measurements,
  };
}

function toldTables(cells: Cells, input: PerformanceInput, rule: Rule) {
  const hosmer = hosmerLemeshowText(cells, rule.level);
  return {
    ...(input.cutoff === undefined ? {} : { confusion: confusion(cells, input.cutoff) }),
    calibration: calibrationRows(cells, rule.level),
    brier_parts: brierRows(cells),
    ...(hosmer === undefined ? {} : { hosmer_lemeshow: hosmer }),
    roc: rocRows(cells),
    bands: bandRows(cells, rule.bands, rule),
    ...costReport(cells, input, rule),
  };
}

function weightedTables(rows: SortedRows, rule: Rule): WeightedTables {
  const cells = cellsOfSorted({ ...rows, units: undefined });
  return {
    calibration: calibrationRows(cells, rule.level),
    bands: bandRows(cells, rule.bands, rule),
    roc: rocRows(cells),
  };
}

const COST_NOTE =
  'The cutoff of least cost is a fact of these rows alone and falls on them by chance as well; the cutoff in force is declared and tested, not chosen here.';

function costReport(
  cells: Cells,
  { plan, cutoff }: PerformanceInput,
  { costs }: Rule,
): { readonly cost?: CostReport } {
  if (plan.costs === undefined || costs === undefined) return {};
  const { false_positive, false_negative, unit } = plan.costs;
  const least = leastCost(cells, costs, cutoff?.adverseWhen ?? 'at-or-above');
  return {
    cost: {
      false_positive,
      false_negative,
      ...(unit === undefined ? {} : { unit }),
      least:
        least === undefined
          ? null
          : {
              cutoff: decimal(least.cutoff ?? Number.NaN),
              cost_per_row: decimal(least.costPerRow),
            },
      note: COST_NOTE,
    },
  };
}

function clusterReport(
  clusters: ClusterIntervals | undefined,
  { unit }: Roles,
): { readonly clusters?: ClusterReport } {
  if (clusters === undefined || unit === undefined) return {};
  const { units, replicates, seed } = clusters;
  return { clusters: { unit, units, replicates, seed } };
}

function unitCaveats(clusters: ClusterIntervals | undefined): readonly string[] {
  if (clusters === undefined || clusters.units >= UNITS_FEW) return [];
  return [
    `Intervals resample ${clusters.units} units; with fewer than ${UNITS_FEW} they are too narrow.`,
  ];
}
