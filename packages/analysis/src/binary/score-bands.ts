// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { type Cells, tieEnd } from './cells.ts';
import { labelTallies } from './confusion.ts';
import { type BinRange, binRanges } from './score-bins.ts';
import { NO_ROWS, share, type Tally, tallied } from './share.ts';

/** Bands of about equal row counts, or declared edges: a band holds scores from one edge up to below the next. */
export type BandRule = { readonly count: number } | { readonly edges: readonly number[] };

/** Rows of one band of scores, and of it with all bands above it. Shares are of weight where rows have weights. */
export interface ScoreBand {
  readonly low: number;
  readonly high: number;
  readonly n: number;
  readonly events: number;
  /** Observed rate of positives in the band. */
  readonly rate: Estimate;
  /** That rate over the rate of all rows. */
  readonly lift: number;
  /** Share of all rows in this band and those above. */
  readonly reached: number;
  /** Share of all positives in them (cumulative gains): the sensitivity of a cutoff at `low`. */
  readonly captured: Estimate;
  /** Rate of positives in them over the rate of all rows. */
  readonly cumulativeLift: number;
}

/** Bands from the highest scores down. Empty without a positive row; a declared band without rows is left out. */
export function scoreBands(cells: Cells, rule: BandRule, level: number): readonly ScoreBand[] {
  const ranges = 'count' in rule ? binRanges(cells, rule.count) : rangesOf(cells, rule.edges);
  const parts = ranges.map((range) => ({
    ...range,
    tallies: labelTallies(cells, range.start, range.end),
  }));
  const events = tallied(...parts.map(({ tallies }) => tallies[1]));
  const rows = tallied(...parts.flatMap(({ tallies }) => tallies));
  if (events.count === 0) return [];
  const base = events.mass / rows.mass;
  let found: Tally = NO_ROWS;
  let seen: Tally = NO_ROWS;
  const bands: ScoreBand[] = [];
  parts.toReversed().forEach(({ start, end, tallies }, index) => {
    found = tallied(found, tallies[1]);
    seen = tallied(seen, ...tallies);
    // Summed from what is left, not subtracted: a difference of weights need not be exact.
    const missed = tallied(
      ...parts.slice(0, parts.length - 1 - index).map((part) => part.tallies[1]),
    );
    const rate = share(tallies[1], tallies[0], level)!;
    bands.push({
      low: cells.scores[start]!,
      high: cells.scores[end - 1]!,
      n: tallies[0].count + tallies[1].count,
      events: tallies[1].count,
      rate,
      lift: rate.value / base,
      reached: seen.mass / rows.mass,
      captured: share(found, missed, level)!,
      cumulativeLift: found.mass / seen.mass / base,
    });
  });
  return bands;
}

function rangesOf(cells: Cells, edges: readonly number[]): readonly BinRange[] {
  const ranges: BinRange[] = [];
  let open = 0;
  for (const edge of [...edges, Number.POSITIVE_INFINITY]) {
    let end = open;
    while (end < cells.scores.length && cells.scores[end]! < edge) end = tieEnd(cells.scores, end);
    if (end > open) ranges.push({ start: open, end });
    open = end;
  }
  return ranges;
}
