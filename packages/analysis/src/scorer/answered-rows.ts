// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../errors.ts';
import type { InputRow } from './input-values.ts';
import type { Scorer } from './open-scorer.ts';
import { attemptRows } from './score-table.ts';

/**
 * Scores of rows, null where the scorer refuses an input: a proper answer that is counted. Any other failure is thrown,
 * because no figure can be trusted that leaves out what broke.
 */
export async function answersOf(
  scorer: Scorer,
  rows: readonly InputRow[],
): Promise<readonly (number | null)[]> {
  const answers = await attemptRows(scorer, rows);
  return answers.map((answer) => {
    if (!(answer instanceof AnalysisError)) return answer.score;
    if (answer.code.startsWith('input_')) return null;
    throw answer;
  });
}

/** Throws `plan_invalid` for a name that is no input of the model; all inputs for `all` or nothing. */
export function chosenInputs<T extends { readonly name: string }>(
  fields: readonly T[],
  chosen: 'all' | readonly string[] | undefined,
  place: string,
): readonly T[] {
  if (chosen === undefined || chosen === 'all') return fields;
  return chosen.map((name) => {
    const field = fields.find((one) => one.name === name);
    if (field !== undefined) return field;
    throw new AnalysisError(
      'plan_invalid',
      `\`${name}\` is not an input of the model; correct ${place}`,
      { details: { field: place, input: name } },
    );
  });
}
