// SPDX-License-Identifier: Apache-2.0
import { FORMULA_SOURCES } from '../plan/formula-source.ts';
import { judgeFinding, worstVerdict } from '../plan/judge-finding.ts';
import { type DecimalText, decimal, type Limit, type Measurement } from '../plan/measurement.ts';
import { type Limits, refuseUnknownMetrics } from '../plan/testing-plan.ts';
import { type AlarmPlan, alarmLevel } from '../stability/alarm-level.ts';
import {
  BINS_DEFAULT,
  binNames,
  countBins,
  type FrozenBins,
  freezeBins,
} from '../stability/frozen-bins.ts';
import { nullQuantile, type PopulationStability, populationStability } from '../stability/psi.ts';
import type { Table } from '../table/table.ts';
import type { Report } from './report.ts';

const STABILITY_METRICS = ['psi'] as const;

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
}

export interface ColumnShift {
  readonly column: string;
  readonly measurement: Measurement;
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
  /** Columns whose shift is both material and surprising. */
  readonly breaches: readonly string[];
  readonly columns: readonly ColumnShift[];
}

/** Freezes bins of several columns at the reference, for `stabilityReport`. */
export async function freezeReference(
  table: Table,
  columns: readonly string[],
  bins = BINS_DEFAULT,
): Promise<readonly FrozenBins[]> {
  const frozen: FrozenBins[] = [];
  for (const column of columns) frozen.push(await freezeBins(table, column, bins));
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
    columns.push(columnShift(bins, current, { limit: input.limits.psi, alpha }));
  }
  const measurements = columns.map((column) => column.measurement);
  return {
    kind: 'stability',
    confidence: decimal(1 - alpha) ?? '',
    alpha: decimal(alpha),
    rows: table.rowCount,
    breaches: columns
      .filter((column) => column.measurement.verdict === 'fail')
      .map((column) => column.column),
    columns,
    measurements,
    verdict: worstVerdict(measurements),
    caveats: [],
  };
}

interface ShiftRule {
  readonly limit: Limit | undefined;
  readonly alpha: number;
}

function columnShift(bins: FrozenBins, current: readonly number[], rule: ShiftRule): ColumnShift {
  const shift = populationStability(bins.counts, current);
  const names = binNames(bins);
  return {
    column: bins.column,
    measurement: judgeShift(bins.column, shift, rule),
    degrees: shift?.degrees ?? 0,
    p_value: shift === undefined ? null : decimal(shift.pValue),
    chance: shift === undefined ? null : decimal(nullQuantile(shift, rule.alpha)),
    bins: names.map((bin, index) => ({
      bin,
      reference: bins.counts[index]!,
      current: current[index]!,
      contribution: shift === undefined ? null : decimal(shift.contributions[index]!),
    })),
  };
}

function judgeShift(
  column: string,
  shift: PopulationStability | undefined,
  { limit, alpha }: ShiftRule,
): Measurement {
  const judged = judgeFinding(
    {
      metric: 'psi',
      estimate: shift === undefined ? undefined : { value: shift.value },
      n: shift?.currentRows ?? 0,
      group: { by: 'column', value: column },
      source: FORMULA_SOURCES.psi,
    },
    limit,
  );
  if (judged.verdict !== 'fail' || shift === undefined || shift.pValue < alpha) return judged;
  return {
    ...judged,
    verdict: 'inconclusive',
    reason: 'material, but no larger than chance gives with these sizes and bins',
  };
}
