// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { chiSquaredTail } from '../numeric/chi-squared.ts';
import { CompensatedSum, sumOver } from '../numeric/sum.ts';
import { type Cells, sizesOf, tieEnd } from './cells.ts';
import { labelTallies } from './confusion.ts';
import { share } from './share.ts';

/** Rows of neighbouring scores: how many, their mean score and the observed rate of positives. */
export interface ScoreBin {
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly positives: number;
  /** Weight of the bin; `n` where every row weighs 1. */
  readonly mass: number;
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

/** Cells from `start` to before `end`. */
export interface BinRange {
  readonly start: number;
  readonly end: number;
}

/** Chi-squared of observed against expected events over score bins. */
export interface HosmerLemeshow {
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
}

/** Bins of about equal row counts, equal scores kept together, so there may be fewer than asked. */
export function scoreBins(cells: Cells, bins: number, level: number): readonly ScoreBin[] {
  return binRanges(cells, bins).map((range) => {
    const { n, positives, meanScore, mass } = binMoments(cells, range);
    const [misses, hits] = labelTallies(cells, range.start, range.end);
    return {
      low: cells.scores[range.start]!,
      high: cells.scores[range.end - 1]!,
      n,
      positives,
      mass,
      meanScore,
      rate: share(hits, misses, level)!,
    };
  });
}

/** Expected calibration error over these bins: mean absolute gap of observed rate and mean score, by weight. */
export function calibrationGap(bins: readonly ScoreBin[]): number {
  const total = sumOver(bins.length, (index) => bins[index]!.mass);
  const gap = (bin: ScoreBin) => bin.mass * Math.abs(bin.rate.value - bin.meanScore);
  return sumOver(bins.length, (index) => gap(bins[index]!)) / total;
}

/**
 * Hosmer & Lemeshow's statistic over these bins (Applied Logistic Regression, 3rd ed. 2013, 5.2.2). Degrees of freedom
 * are the bins: the scores were not fitted on these rows. Shown because it is customary, never judged: its power is that
 * of the sample size and its value hangs on the bins. Undefined where a bin expects no event or nothing else.
 */
export function hosmerLemeshow(bins: readonly ScoreBin[]): HosmerLemeshow | undefined {
  if (bins.length === 0 || bins.some(({ meanScore }) => meanScore <= 0 || meanScore >= 1)) {
    return undefined;
  }
  const statistic = sumOver(bins.length, (index) => {
    const { n, positives, meanScore } = bins[index]!;
    return (positives - n * meanScore) ** 2 / (n * meanScore * (1 - meanScore));
  });
  return { statistic, degrees: bins.length, pValue: chiSquaredTail(statistic, bins.length) };
}

/** Parts of the Brier score of rows; weights are not used. */
export function brierParts(cells: Cells, bins: number): BrierParts {
  const { n, positives } = sizesOf(cells);
  const base = positives / n;
  const ranges = binRanges(cells, bins).map((range) => ({
    ...range,
    ...binMoments(cells, range, 'rows'),
  }));
  const mean = (term: (bin: (typeof ranges)[number]) => number) =>
    sumOver(ranges.length, (index) => term(ranges[index]!)) / n;
  return {
    reliability: mean((bin) => bin.n * (bin.meanScore - bin.positives / bin.n) ** 2),
    resolution: mean((bin) => bin.n * (bin.positives / bin.n - base) ** 2),
    uncertainty: base * (1 - base),
    withinVariance: mean((bin) => withinBin(cells, bin).variance),
    withinCovariance: mean((bin) => withinBin(cells, bin).covariance),
  };
}

function withinBin(
  cells: Cells,
  bin: BinRange & { readonly n: number; readonly positives: number; readonly meanScore: number },
): { readonly variance: number; readonly covariance: number } {
  const variance = new CompensatedSum();
  const covariance = new CompensatedSum();
  const rate = bin.positives / bin.n;
  for (let index = bin.start; index < bin.end; index += 1) {
    const off = cells.scores[index]! - bin.meanScore;
    variance.add(cells.counts[index]! * off ** 2);
    covariance.add(cells.counts[index]! * (off * (cells.labels[index]! - rate)));
  }
  return { variance: variance.value, covariance: 2 * covariance.value };
}

function binMoments(
  cells: Cells,
  { start, end }: BinRange,
  by: 'weight' | 'rows' = 'weight',
): { n: number; positives: number; mass: number; meanScore: number } {
  let n = 0;
  let positives = 0;
  let mass = 0;
  const scores = new CompensatedSum();
  for (let index = start; index < end; index += 1) {
    const count = cells.counts[index]!;
    const heavy = by === 'rows' ? count : cells.weights[index]! * count;
    n += count;
    positives += count * cells.labels[index]!;
    mass += heavy;
    scores.add(heavy * cells.scores[index]!);
  }
  return { n, positives, mass, meanScore: scores.value / mass };
}

/** A bin closes at the first score where the running count of rows reaches its share. */
export function binRanges(cells: Cells, bins: number): readonly BinRange[] {
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
