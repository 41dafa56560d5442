// SPDX-License-Identifier: Apache-2.0
import {
  type ComputedTier,
  tierOfAnswers as computeTier,
  type Json,
  KernelError,
  type Questionnaire,
  readQuestionnaire,
} from '@countersign/kernel';
import { CliError } from '../errors.ts';
import type { Answers } from './intake-files.ts';

/** The questionnaire of a policy document in force. @throws CliError `server_answer_invalid` naming the member */
export function questionnaireInForce(json: Json): Questionnaire {
  try {
    return readQuestionnaire(json);
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    const message = `the questionnaire in force cannot be read: ${cause.message}`;
    throw new CliError('server_answer_invalid', message, { cause });
  }
}

/**
 * The tier that a questionnaire in force computes from the owner's answers, which must be to that very version.
 * @throws CliError `file_invalid` naming the question
 */
export function tierOfAnswers(questionnaire: Questionnaire, given: Answers): ComputedTier {
  if (given.questionnaire !== questionnaire.id || given.version !== questionnaire.version) {
    throw new CliError(
      'file_invalid',
      `the answers are to \`${given.questionnaire}\` ${given.version}, in force is \`${questionnaire.id}\` ${questionnaire.version}`,
    );
  }
  const result = computeTier(questionnaire, given.answers);
  if (result.ok) return result.computed;
  const { question, problem } = result;
  throw new CliError(
    'file_invalid',
    `intake/questionnaire.yaml: question \`${question}\` ${problem}`,
    { details: { field: question } },
  );
}
