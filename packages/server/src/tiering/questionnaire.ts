// SPDX-License-Identifier: Apache-2.0
import { type ComputedTier, type Questionnaire, tierOfAnswers } from '@countersign/kernel';
import { ServerError } from '../errors.ts';

/**
 * The tier that a questionnaire computes: the members of a `risk-tier` record that model risk signs.
 * @param answers answer id by question id; every question must be answered, none other may be
 * @throws ServerError `answers_invalid` naming the question
 */
export function computeTier(
  questionnaire: Questionnaire,
  answers: Readonly<Record<string, string>>,
): ComputedTier {
  const result = tierOfAnswers(questionnaire, answers);
  if (result.ok) return result.computed;
  const { question, problem } = result;
  throw new ServerError('answers_invalid', `question \`${question}\` ${problem}`, {
    details: { question },
  });
}
