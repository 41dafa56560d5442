// SPDX-License-Identifier: Apache-2.0
import { type RiskTierContent, TIERS, type Tier } from '@countersign/kernel';
import { z } from 'zod';
import { CliError } from '../errors.ts';
import type { Answers } from './intake-files.ts';

/** The questionnaire as the firm's policy document holds it. */
export const Questionnaire = z.looseObject({
  id: z.string(),
  version: z.string(),
  questions: z.array(
    z.looseObject({
      id: z.string(),
      text: z.string(),
      answers: z.array(
        z.looseObject({
          id: z.string(),
          text: z.string(),
          points: z.int(),
          tierMin: z.enum(TIERS).optional(),
        }),
      ),
    }),
  ),
  tiers: z.looseObject({ high: z.int(), medium: z.int() }),
});
export type Questionnaire = z.infer<typeof Questionnaire>;

export type ComputedTier = Pick<
  RiskTierContent,
  'questionnaire' | 'answers' | 'points' | 'computed'
>;

/**
 * The tier that a questionnaire in force computes from the owner's answers: points are added, and an answer may name a
 * tier that no sum goes below (policies/questionnaire.yaml).
 * @throws CliError `file_invalid` naming the question
 */
export function computeTier(questionnaire: Questionnaire, given: Answers): ComputedTier {
  if (given.questionnaire !== questionnaire.id || given.version !== questionnaire.version) {
    throw new CliError(
      'file_invalid',
      `the answers are to \`${given.questionnaire}\` ${given.version}, in force is \`${questionnaire.id}\` ${questionnaire.version}`,
    );
  }
  const unknown = Object.keys(given.answers).find(
    (id) => !questionnaire.questions.some((one) => one.id === id),
  );
  if (unknown !== undefined) throw bad(unknown, 'is no question of the questionnaire');
  const answered = questionnaire.questions.map((question) => {
    const id = given.answers[question.id];
    const answer = question.answers.find((one) => one.id === id);
    if (answer !== undefined) return { question, answer };
    const allowed = question.answers.map((one) => one.id).join(', ');
    throw bad(
      question.id,
      id === undefined ? 'is not answered' : `cannot be \`${id}\`; answers are ${allowed}`,
    );
  });
  const points = answered.reduce((sum, { answer }) => sum + answer.points, 0);
  const floors = answered.flatMap(({ answer }) => answer.tierMin ?? []);
  return {
    questionnaire: { id: questionnaire.id, version: questionnaire.version },
    answers: answered.map(({ question, answer }) => ({
      question: question.id,
      text: question.text,
      answer: answer.text,
      points: answer.points,
    })),
    points,
    computed: highest([tierOfPoints(questionnaire, points), ...floors]),
  };
}

function tierOfPoints({ tiers }: Questionnaire, points: number): Tier {
  if (points >= tiers.high) return 'high';
  return points >= tiers.medium ? 'medium' : 'low';
}

function highest(tiers: readonly Tier[]): Tier {
  return TIERS.find((tier) => tiers.includes(tier)) ?? 'low';
}

function bad(question: string, problem: string): CliError {
  return new CliError('file_invalid', `intake/questionnaire.yaml: \`${question}\` ${problem}`, {
    details: { field: question },
  });
}
