// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { criticalValue } from '../numeric/normal.ts';
import { meanOf } from '../numeric/student.ts';

/** Scores of the same rows before and after a change; null where the change is refused. */
export interface ScorePairs {
  readonly before: readonly number[];
  readonly after: readonly (number | null)[];
}

/** What a change does to scores and decisions of the rows that the scorer still answers. */
export interface PairedShift {
  readonly rows: number;
  readonly refused: number;
  readonly meanBefore: number | undefined;
  readonly meanAfter: Estimate | undefined;
  /** The mean score is the event rate that the model expects. */
  readonly meanChange: Estimate | undefined;
  readonly toAdverse: number;
  readonly toFavourable: number;
  /** Share of adverse decisions after less before; undefined without a cutoff. */
  readonly adverseChange: Estimate | undefined;
  readonly flipShare: Estimate | undefined;
}

/** Means with Student's interval of paired rows, flips with Wilson's. */
export function pairedShift(
  { before, after }: ScorePairs,
  { cutoff, level }: { readonly cutoff: Cutoff | undefined; readonly level: number },
): PairedShift {
  const pairs = after.flatMap((score, row) =>
    score === null ? [] : [{ before: before[row]!, after: score }],
  );
  const rows = pairs.length;
  const adverse = (score: number) => cutoff !== undefined && isAdverse(score, cutoff);
  const count = (was: boolean) =>
    pairs.filter((pair) => adverse(pair.before) === was && adverse(pair.after) !== was).length;
  const [toFavourable, toAdverse] = [count(true), count(false)];
  const mean = (values: readonly number[]) => meanOf(values, level);
  return {
    rows,
    refused: after.length - rows,
    meanBefore: mean(pairs.map((pair) => pair.before))?.value,
    meanAfter: mean(pairs.map((pair) => pair.after)),
    meanChange: mean(pairs.map((pair) => pair.after - pair.before)),
    toAdverse,
    toFavourable,
    adverseChange:
      cutoff === undefined
        ? undefined
        : pairedProportions({ toAdverse, toFavourable, rows }, level),
    flipShare: cutoff === undefined ? undefined : wilson(toAdverse + toFavourable, rows, level),
  };
}

/**
 * Difference of two proportions on the same rows from its discordant pairs: Wald's interval with one pair added to
 * each discordant count (D. G. Bonett & R. M. Price, "Adjusted Wald confidence interval for a difference of binomial proportions
 * based on paired data", J. Educational and Behavioral Statistics 37 (2012) 479–488). Undefined for no rows.
 */
export function pairedProportions(
  {
    toAdverse,
    toFavourable,
    rows,
  }: {
    readonly toAdverse: number;
    readonly toFavourable: number;
    readonly rows: number;
  },
  level: number,
): Estimate | undefined {
  if (rows === 0) return undefined;
  const up = (toAdverse + 1) / (rows + 2);
  const down = (toFavourable + 1) / (rows + 2);
  const middle = up - down;
  const half = criticalValue(level) * Math.sqrt((up + down - middle ** 2) / (rows + 2));
  return {
    value: (toAdverse - toFavourable) / rows,
    interval: {
      low: Math.max(-1, middle - half),
      high: Math.min(1, middle + half),
      level,
      method: 'bonett-price-paired',
    },
  };
}
