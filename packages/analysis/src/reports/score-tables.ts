// SPDX-License-Identifier: Apache-2.0
import type { Cells } from '../binary/cells.ts';
import { CALIBRATION_BINS, type Minimum } from '../binary/performance-findings.ts';
import { ROC_POINTS_MAX, rocPoints } from '../binary/roc-points.ts';
import { type BandRule, type ScoreBand, scoreBands } from '../binary/score-bands.ts';
import {
  type BrierParts,
  brierParts,
  hosmerLemeshow,
  type ScoreBin,
  scoreBins,
} from '../binary/score-bins.ts';
import { type DecimalText, decimal } from '../plan/measurement.ts';

/*
 * The curves and tables of a binary score as a report holds them: bounded lists of decimal texts.
 */

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

/** One score band, from the highest scores down; without a number where its rows are too few. */
export interface BandRow {
  readonly low: DecimalText | null;
  readonly high: DecimalText | null;
  readonly n: number;
  readonly events: number;
  readonly too_few?: true;
  readonly rate: DecimalText | null;
  readonly rate_low: DecimalText | null;
  readonly rate_high: DecimalText | null;
  readonly lift: DecimalText | null;
  /** Share of all rows in this band and those above. */
  readonly reached: DecimalText | null;
  /** Share of all events in them. */
  readonly captured: DecimalText | null;
  readonly captured_low: DecimalText | null;
  readonly captured_high: DecimalText | null;
  readonly cumulative_lift: DecimalText | null;
}

export interface RocText {
  readonly score: DecimalText | null;
  readonly fpr: DecimalText | null;
  readonly tpr: DecimalText | null;
}

export interface HosmerLemeshowText {
  readonly statistic: DecimalText | null;
  readonly degrees: number;
  readonly p_value: DecimalText | null;
  readonly note: string;
}

const HOSMER_LEMESHOW_NOTE =
  'Customary, informational and never judged: its power is that of the number of rows and its value hangs on the bins. Intercept, slope and gap say more.';

export function calibrationRows(cells: Cells, level: number): readonly CalibrationBin[] {
  return scoreBins(cells, CALIBRATION_BINS, level).map(binText);
}

export function hosmerLemeshowText(cells: Cells, level: number): HosmerLemeshowText | undefined {
  const found = hosmerLemeshow(scoreBins(cells, CALIBRATION_BINS, level));
  if (found === undefined) return undefined;
  return {
    statistic: decimal(found.statistic),
    degrees: found.degrees,
    p_value: decimal(found.pValue),
    note: HOSMER_LEMESHOW_NOTE,
  };
}

export function bandRows(
  cells: Cells,
  rule: BandRule,
  { level, minimum }: { readonly level: number; readonly minimum: Minimum },
): readonly BandRow[] {
  return scoreBands(cells, rule, level).map((band) => bandText(band, minimum));
}

export function rocRows(cells: Cells): readonly RocText[] {
  return rocPoints(cells, ROC_POINTS_MAX).map(({ score, fpr, tpr }) => ({
    score: decimal(score ?? Number.NaN),
    fpr: decimal(fpr),
    tpr: decimal(tpr),
  }));
}

export function brierRows(cells: Cells): Readonly<Record<keyof BrierParts, DecimalText | null>> {
  const parts = brierParts(cells, CALIBRATION_BINS);
  return {
    reliability: decimal(parts.reliability),
    resolution: decimal(parts.resolution),
    uncertainty: decimal(parts.uncertainty),
    withinVariance: decimal(parts.withinVariance),
    withinCovariance: decimal(parts.withinCovariance),
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

function bandText(band: ScoreBand, minimum: Minimum): BandRow {
  const isTooFew = band.n < minimum.rows;
  const own = (value: number | undefined) =>
    isTooFew || value === undefined ? null : decimal(value);
  return {
    low: decimal(band.low),
    high: decimal(band.high),
    n: band.n,
    events: band.events,
    ...(isTooFew ? { too_few: true as const } : {}),
    rate: own(band.rate.value),
    rate_low: own(band.rate.interval?.low),
    rate_high: own(band.rate.interval?.high),
    lift: own(band.lift),
    reached: decimal(band.reached),
    captured: decimal(band.captured.value),
    captured_low: decimal(band.captured.interval?.low ?? Number.NaN),
    captured_high: decimal(band.captured.interval?.high ?? Number.NaN),
    cumulative_lift: decimal(band.cumulativeLift),
  };
}
