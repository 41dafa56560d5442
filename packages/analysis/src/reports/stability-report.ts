// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import { SMOOTHING } from '@countersign/pipeline';
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Measurement } from '../plan/measurement.ts';
import { type Limits, refuseUnknownMetrics } from '../plan/testing-plan.ts';
import { type AlarmPlan, alarmLevel } from '../stability/alarm-level.ts';
import { characteristicStability } from '../stability/characteristic-stability.ts';
import {
  binNames,
  countBins,
  type FreezeOptions,
  type FrozenBins,
  freezeBins,
  withScores,
} from '../stability/frozen-bins.ts';
import { nullQuantile, type PopulationStability, populationStability } from '../stability/psi.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const STABILITY_METRICS = ['psi', 'csi'] as const;

export interface StabilityInput {
  /** Frozen at the reference, one entry per watched column. */
  readonly bins: readonly FrozenBins[];
  readonly limits: Limits;
  readonly alarms?: Omit<AlarmPlan, 'columns'> | undefined;
}

export interface BinShift {
  readonly bin: string;
  readonly reference: number;
  readonly current: number;
  readonly contribution: DecimalText | null;
  /** To `csi`, where mean scores were frozen. */
  readonly score_contribution?: DecimalText | null;
}

export interface ColumnShift {
  readonly column: string;
  readonly measurement: Measurement;
  /** Change of the mean score by this column's mix, where mean scores were frozen. */
  readonly csi?: Measurement;
  readonly degrees: number;
  readonly p_value: DecimalText | null;
  /** Index that chance alone exceeds with probability alpha. */
  readonly chance: DecimalText | null;
  readonly bins: readonly BinShift[];
}

export interface StabilityReport extends Report {
  readonly kind: 'stability';
  /** Chance of a false alarm allowed to one column in this window. */
  readonly alpha: DecimalText | null;
  /** Added to each count of either side. */
  readonly smoothing: DecimalText;
  /** Columns whose shift is both material and surprising. */
  readonly breaches: readonly string[];
  readonly columns: readonly ColumnShift[];
}

/** Freezes bins of several columns at the reference, for `stabilityReport`; with a score their mean scores too. */
export async function freezeReference(
  table: Table,
  columns: readonly string[],
  options: FreezeOptions & { readonly score?: string | undefined } = {},
): Promise<readonly FrozenBins[]> {
  const frozen: FrozenBins[] = [];
  for (const column of columns) {
    const bins = await freezeBins(table, column, options);
    const { score } = options;
    frozen.push(score === undefined ? bins : await withScores(table, bins, score));
  }
  return frozen;
}

/**
 * Stability of each column since its bins were frozen. A breach needs materiality (PSI above the limit) and statistical
 * surprise (p below alpha); material but unsurprising is inconclusive: too few rows to tell.
 */
export async function stabilityReport(
  table: Table,
  input: StabilityInput,
): Promise<StabilityReport> {
  refuseUnknownMetrics(input.limits, STABILITY_METRICS, 'stability.limits');
  const alpha = alarmLevel({ ...input.alarms, columns: input.bins.length });
  const columns: ColumnShift[] = [];
  for (const bins of input.bins) {
    const current = await countBins(table, bins);
    columns.push(columnShift(bins, current, { limits: input.limits, alpha }));
  }
  const measurements = columns.flatMap(({ measurement, csi }) =>
    csi === undefined ? [measurement] : [measurement, csi],
  );
  return {
    kind: 'stability',
    confidence: decimal(1 - alpha) ?? '',
    alpha: decimal(alpha),
    smoothing: canonicalDecimal(SMOOTHING),
    rows: table.rowCount,
    breaches: columns
      .filter(({ measurement, csi }) => [measurement, csi].some((one) => one?.verdict === 'fail'))
      .map((column) => column.column),
    columns,
    measurements,
    verdict: worstVerdict(measurements),
    caveats: CAVEATS,
  };
}

interface ShiftRule {
  readonly limits: Limits;
  readonly alpha: number;
}

function columnShift(bins: FrozenBins, current: readonly number[], rule: ShiftRule): ColumnShift {
  const shift = populationStability(bins.counts, current);
  const mix = characteristicStability(bins, current);
  const names = binNames(bins);
  return {
    column: bins.column,
    measurement: judgeShift(bins.column, shift, rule),
    ...(mix === undefined ? {} : { csi: judgeMix(bins.column, mix.value, { shift, rule }) }),
    degrees: shift?.degrees ?? 0,
    p_value: shift === undefined ? null : decimal(shift.pValue),
    chance: shift === undefined ? null : decimal(nullQuantile(shift, rule.alpha)),
    bins: names.map((bin, index) => ({
      bin,
      reference: bins.counts[index]!,
      current: current[index]!,
      contribution: shift === undefined ? null : decimal(shift.contributions[index]!),
      ...(mix === undefined ? {} : { score_contribution: decimal(mix.contributions[index]!) }),
    })),
  };
}

function judgeShift(
  column: string,
  shift: PopulationStability | undefined,
  { limits, alpha }: ShiftRule,
): Measurement {
  const judged = judgeFinding(
    {
      metric: 'psi',
      estimate: shift === undefined ? undefined : { value: shift.value },
      n: shift?.currentRows ?? 0,
      group: { by: 'column', value: column },
      source: FORMULA_SOURCES.psi,
    },
    limits.psi,
  );
  return unlessChance(judged, shift, alpha);
}

/** The mix is a function of the same counts as PSI, so what is no surprise there is none here. */
function judgeMix(
  column: string,
  value: number,
  at: { readonly shift: PopulationStability | undefined; readonly rule: ShiftRule },
): Measurement {
  const judged = judgeFinding(
    {
      metric: 'csi',
      estimate: { value },
      n: at.shift?.currentRows ?? 0,
      group: { by: 'column', value: column },
      source: FORMULA_SOURCES.csi,
    },
    at.rule.limits.csi,
  );
  return unlessChance(judged, at.shift, at.rule.alpha);
}

function unlessChance(
  judged: Measurement,
  shift: PopulationStability | undefined,
  alpha: number,
): Measurement {
  if (judged.verdict !== 'fail' || shift === undefined || shift.pValue < alpha) return judged;
  return {
    ...judged,
    verdict: 'inconclusive',
    reason: 'material, but no larger than chance gives with these sizes and bins',
  };
}

const CAVEATS = [
  'Missing values and values that the reference did not have are bins of their own. 0.5 is added to each count, so that a bin that is empty on one side costs a finite amount.',
];
