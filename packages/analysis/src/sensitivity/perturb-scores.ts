// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import { AnalysisError } from '../errors.ts';
import { sumOver } from '../numeric/sum.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';
import { attemptRows } from '../scorer/score-table.ts';
import type { Perturbation } from './perturbations.ts';

/** What one perturbation did to the scores of the rows that accept it. */
export interface PerturbationEffect {
  readonly name: string;
  readonly rows: number;
  /** Rows whose changed value the scorer refuses. */
  readonly refused: number;
  readonly meanChange: number;
  readonly meanAbsChange: number;
  readonly maxAbsChange: number;
  readonly flips: number;
}

/** Scores every row with the perturbation applied and compares with `base`, the scores without. */
export async function perturbScores(
  scorer: Scorer,
  perturbation: Perturbation,
  about: {
    readonly rows: readonly InputRow[];
    readonly base: readonly number[];
    readonly cutoff: Cutoff | undefined;
  },
): Promise<PerturbationEffect> {
  const results = await attemptRows(scorer, about.rows.map(perturbation.apply));
  const changes: number[] = [];
  let flips = 0;
  const { cutoff } = about;
  results.forEach((result, index) => {
    if (result instanceof AnalysisError) {
      if (!result.code.startsWith('input_')) throw result;
      return;
    }
    const { score } = result;
    const before = about.base[index]!;
    changes.push(score - before);
    if (cutoff !== undefined && isAdverse(before, cutoff) !== isAdverse(score, cutoff)) flips += 1;
  });
  // Sorted, so that the sum does not depend on the order of rows.
  changes.sort((a, b) => a - b);
  const sizes = changes.map(Math.abs);
  const n = changes.length;
  return {
    name: perturbation.name,
    rows: n,
    refused: results.length - n,
    meanChange: n === 0 ? 0 : sumOver(n, (index) => changes[index]!) / n,
    meanAbsChange: n === 0 ? 0 : sumOver(n, (index) => sizes[index]!) / n,
    maxAbsChange: sizes.reduce((most, size) => Math.max(most, size), 0),
    flips,
  };
}
