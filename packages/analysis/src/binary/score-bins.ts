// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { sumOver } from '../numeric/sum.ts';
import { type Cells, sizesOf, tieEnd } from './cells.ts';

/** Rows of neighbouring scores: how many, their mean score and the observed rate of positives. */
export interface ScoreBin {
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly positives: number;
  readonly meanScore: number;
  readonly rate: Estimate;
}

/**
 * Brier score taken apart within bins (Murphy 1973; the two within-bin terms of Stephenson, Coelho & Jolliffe 2008 make
 * the sum exact): brier = reliability − resolution + uncertainty + withinVariance − withinCovariance.
 */
export interface BrierParts {
  readonly reliability: number;
  readonly resolution: number;
  readonly uncertainty: number;
  readonly withinVariance: number;
  readonly withinCovariance: number;
}

interface BinRange {
  readonly start: number;
  readonly end: number;
}

/** Bins of about equal row counts, equal scores kept together, so there may be fewer than asked. Weights are not used. */
export function scoreBins(cells: Cells, bins: number, level: number): readonly ScoreBin[] {
  return binRanges(cells, bins).map(({ start, end }) => {
    const { n, positives, meanScore } = binMoments(cells, { start, end });
    return {
      low: cells.scores[start]!,
      high: cells.scores[end - 1]!,
      n,
      positives,
      meanScore,
      rate: wilson(positives, n, level)!,
    };
  });
}

/** Expected calibration error over these bins: mean absolute gap of observed rate and mean score. */
export function calibrationGap(bins: readonly ScoreBin[]): number {
  const n = bins.reduce((sum, bin) => sum + bin.n, 0);
  const gap = (bin: ScoreBin) => bin.n * Math.abs(bin.rate.value - bin.meanScore);
  return sumOver(bins.length, (index) => gap(bins[index]!)) / n;
}

export function brierParts(cells: Cells, bins: number): BrierParts {
  const { n, positives } = sizesOf(cells);
  const base = positives / n;
  const ranges = binRanges(cells, bins).map((range) => ({ ...range, ...binMoments(cells, range) }));
  const mean = (term: (bin: (typeof ranges)[number]) => number) =>
    sumOver(ranges.length, (index) => term(ranges[index]!)) / n;
  return {
    reliability: mean((bin) => bin.n * (bin.meanScore - bin.positives / bin.n) ** 2),
    resolution: mean((bin) => bin.n * (bin.positives / bin.n - base) ** 2),
    uncertainty: base * (1 - base),
    withinVariance: mean((bin) => within(cells, bin, (score) => (score - bin.meanScore) ** 2)),
    withinCovariance: mean(
      (bin) =>
        2 *
        within(
          cells,
          bin,
          (score, label) => (score - bin.meanScore) * (label - bin.positives / bin.n),
        ),
    ),
  };
}

function within(
  cells: Cells,
  { start, end }: BinRange,
  term: (score: number, label: number) => number,
): number {
  return sumOver(end - start, (offset) => {
    const index = start + offset;
    return cells.counts[index]! * term(cells.scores[index]!, cells.labels[index]!);
  });
}

function binMoments(
  cells: Cells,
  { start, end }: BinRange,
): { n: number; positives: number; meanScore: number } {
  let n = 0;
  let positives = 0;
  for (let index = start; index < end; index += 1) {
    n += cells.counts[index]!;
    positives += cells.counts[index]! * cells.labels[index]!;
  }
  return { n, positives, meanScore: within(cells, { start, end }, (score) => score) / n };
}

// A bin closes at the first score where the running count reaches its share of the rows.
function binRanges(cells: Cells, bins: number): readonly BinRange[] {
  const { n } = sizesOf(cells);
  const ranges: BinRange[] = [];
  let open = 0;
  let seen = 0;
  for (let start = 0; start < cells.scores.length; ) {
    const end = tieEnd(cells.scores, start);
    for (let index = start; index < end; index += 1) seen += cells.counts[index]!;
    if (seen * bins >= n * (ranges.length + 1) || end === cells.scores.length) {
      ranges.push({ start: open, end });
      open = end;
    }
    start = end;
  }
  return ranges;
}
