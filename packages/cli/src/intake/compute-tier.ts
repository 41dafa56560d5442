// SPDX-License-Identifier: Apache-2.0
import { type Json, KernelError } from '@countersign/kernel';
import {
  type ComputedTier,
  computeTier,
  type Questionnaire,
  readQuestionnaire,
} from '@countersign/server/questionnaire';
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
  try {
    return computeTier(questionnaire, given.answers);
  } catch (cause) {
    throw answersError(cause);
  }
}

/** What the server's rules say of the answers, at the file they stand in; any other error is passed on. */
function answersError(cause: unknown): unknown {
  const isOfAnswers =
    cause instanceof Error &&
    'code' in cause &&
    cause.code === 'answers_invalid' &&
    'details' in cause;
  if (!isOfAnswers) return cause;
  const { question } = cause.details as { readonly question: string };
  return new CliError('file_invalid', `intake/questionnaire.yaml: ${cause.message}`, {
    details: { field: question },
    cause,
  });
}
