// SPDX-License-Identifier: Apache-2.0
import { type Cutoff, isAdverse } from '../binary/cutoff.ts';
import type { InputRow } from './input-values.ts';
import type { Scorer } from './open-scorer.ts';
import { scoreRows } from './score-table.ts';

export interface ScorerComparison {
  readonly rows: number;
  /** Rows whose scores are not the same to the last bit. */
  readonly differing: number;
  /** Largest absolute difference; NaN when one side gave no number. */
  readonly largest: number;
  /** Rows on the other side of the cutoff; 0 without one. */
  readonly flipped: number;
}

/** Scores the same rows with two models. No label is read. Throws AnalysisError as `scoreRows`. */
export async function compareScorers(
  scorers: { readonly original: Scorer; readonly rebuilt: Scorer },
  rows: readonly InputRow[],
  cutoff: Cutoff | undefined,
): Promise<ScorerComparison> {
  const original = await scoreRows(scorers.original, rows);
  const rebuilt = await scoreRows(scorers.rebuilt, rows);
  const found = { rows: rows.length, differing: 0, largest: 0, flipped: 0 };
  original.forEach(({ score }, row) => {
    const again = rebuilt[row]?.score ?? Number.NaN;
    if (Object.is(score, again)) return;
    found.differing += 1;
    const distance = Math.abs(score - again);
    found.largest = Number.isNaN(distance) ? distance : Math.max(found.largest, distance);
    if (cutoff !== undefined && isAdverse(score, cutoff) !== isAdverse(again, cutoff)) {
      found.flipped += 1;
    }
  });
  return found;
}
