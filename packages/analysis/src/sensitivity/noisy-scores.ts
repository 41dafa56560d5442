// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';
import { drawsOf, normalDraws } from '../numeric/draws.ts';
import { meanOf } from '../numeric/student.ts';
import { answersOf } from '../scorer/answered-rows.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import type { InputType } from '../scorer/scorer-spec.ts';

export interface NoisyField {
  readonly name: string;
  readonly type: InputType;
}

export interface NoiseSettings {
  /** Standard deviation relative to the value. */
  readonly relative: number;
  readonly repeats: number;
  readonly seed: number;
}

/** What noise on one input, or on several at once, does to each row. */
export interface NoiseEffect {
  /** Noisy scorings that were answered. */
  readonly scorings: number;
  readonly refused: number;
  readonly flips: number;
  readonly flipShare: Estimate | undefined;
  readonly meanAbsChange: Estimate | undefined;
}

/**
 * Multiplies each value by 1 + relative·z with z standard normal, drawn for seed, input, repeat and place of the row in the
 * order by value, and scores again. A whole number is rounded; a missing value stays missing.
 */
export async function noisyScores(
  scorer: Scorer,
  about: {
    readonly rows: readonly InputRow[];
    readonly base: readonly number[];
    readonly fields: readonly NoisyField[];
    readonly cutoff: Cutoff | undefined;
    readonly level: number;
  },
  settings: NoiseSettings,
): Promise<NoiseEffect> {
  const { rows, base, cutoff } = about;
  const answered = new Array<number>(rows.length).fill(0);
  const flipped = new Array<number>(rows.length).fill(0);
  const moved = new Array<number>(rows.length).fill(0);
  for (let repeat = 0; repeat < settings.repeats; repeat += 1) {
    const noisy = noisyRows(rows, about.fields, { ...settings, repeat });
    const answers = await answersOf(scorer, noisy);
    answers.forEach((score, row) => {
      if (score === null) return;
      answered[row]! += 1;
      moved[row]! += Math.abs(score - base[row]!);
      if (cutoff !== undefined && isAdverse(score, cutoff) !== isAdverse(base[row]!, cutoff)) {
        flipped[row]! += 1;
      }
    });
  }
  const scorings = answered.reduce((sum, count) => sum + count, 0);
  const kept = answered.flatMap((count, row) => (count === 0 ? [] : [row]));
  const shares = kept.map((row) => flipped[row]! / answered[row]!);
  return {
    scorings,
    refused: rows.length * settings.repeats - scorings,
    flips: flipped.reduce((sum, count) => sum + count, 0),
    flipShare: cutoff === undefined ? undefined : clusteredShare(shares, about.level),
    meanAbsChange: meanOf(
      kept.map((row) => moved[row]! / answered[row]!),
      about.level,
    ),
  };
}

/**
 * A proportion of which each row gives a share: Wilson's interval at the effective number of trials, share·(1 − share) over
 * the variance of the mean (N. Dean & M. Pagano, "Evaluating confidence interval methods for binomial proportions in
 * clustered surveys", J. Survey Statistics and Methodology 3 (2015) 484–503). Never fewer trials than rows.
 */
export function clusteredShare(shares: readonly number[], level: number): Estimate | undefined {
  const mean = meanOf(shares, level);
  if (mean === undefined) return undefined;
  const { value, error, n } = mean;
  const effective = error > 0 ? Math.max(n, (value * (1 - value)) / error ** 2) : n;
  const interval = wilson(value * effective, effective, level)?.interval;
  if (interval === undefined) return { value };
  return { value, interval: { ...interval, method: 'wilson-clustered' } };
}

function noisyRows(
  rows: readonly InputRow[],
  fields: readonly NoisyField[],
  { relative, seed, repeat }: NoiseSettings & { readonly repeat: number },
): readonly InputRow[] {
  const draws = fields.map(({ name }) => normalDraws(drawsOf('noise', seed, name, repeat)));
  return rows.map((row) => {
    const changed = fields.map(({ name, type }, at) => {
      // Drawn for every row, missing or not, so that one row's gap moves no other row's noise.
      const factor = 1 + relative * draws[at]!();
      const value = row[name];
      if (value === null || value === undefined) return [name, value] as const;
      const noisy = Number(value) * factor;
      return [name, type === 'i64' ? Math.round(noisy) : noisy] as const;
    });
    return { ...row, ...Object.fromEntries(changed) };
  });
}
