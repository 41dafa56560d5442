// SPDX-License-Identifier: Apache-2.0
import { meanOf } from '../numeric/student.ts';
import { answersOf } from '../scorer/answered-rows.ts';
import type { InputRow } from '../scorer/input-values.ts';
import type { Scorer } from '../scorer/open-scorer.ts';

// Enough to tell a direction; each row costs two scorings an input.
const ROWS_MAX = 200;
/** Scores are float32: a difference below this is rounding. */
export const FLAT = 1e-6;

/**
 * Mean score with a number at its 95 % quantile less that at its 5 % quantile, all else as in each row: the sign is the
 * model's direction. Undefined where the scorer refuses or nothing lies between the two.
 */
export async function modelDirection(
  scorer: Scorer,
  rows: readonly InputRow[],
  input: string,
): Promise<number | undefined> {
  const values = rows
    .flatMap((row) => (row[input] === null || row[input] === undefined ? [] : [Number(row[input])]))
    .sort((a, b) => a - b);
  const at = (share: number) =>
    values[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)];
  const [low, high] = [at(0.05), at(0.95)];
  if (low === undefined || high === undefined || low === high) return undefined;
  const stride = Math.max(1, Math.ceil(rows.length / ROWS_MAX));
  const taken = rows.filter((_, row) => row % stride === 0);
  const ends = [low, high].map((value) => taken.map((row) => ({ ...row, [input]: value })));
  const scores = await answersOf(scorer, ends.flat());
  const rises = taken.flatMap((_, row) => {
    const [before, after] = [scores[row], scores[taken.length + row]];
    return before === null || after === null || before === undefined || after === undefined
      ? []
      : [after - before];
  });
  return meanOf(rises, 0.5)?.value;
}
