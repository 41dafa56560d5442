// SPDX-License-Identifier: Apache-2.0

import { TIERS, type Tier } from '../gates/policy.ts';
import type { Json } from '../json/parse.ts';
import type { RiskTierContent } from '../records/contents.ts';
import {
  asArray,
  asCount,
  asNonEmpty,
  asObject,
  asOneOf,
  onlyKeys,
  optional,
} from '../records/shape.ts';

export const QUESTIONNAIRE_SECTIONS = ['exposure', 'purpose', 'complexity', 'reliance'] as const;

export interface QuestionnaireAnswer {
  readonly id: string;
  readonly text: string;
  readonly points: number;
  /** A tier that no sum of points goes below once this is answered. */
  readonly tierMin?: Tier;
}

export interface QuestionnaireQuestion {
  readonly id: string;
  readonly section: (typeof QUESTIONNAIRE_SECTIONS)[number];
  readonly text: string;
  readonly answers: readonly QuestionnaireAnswer[];
}

/** The tiering questionnaire of policies/questionnaire.yaml. */
export interface Questionnaire {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly questions: readonly QuestionnaireQuestion[];
  /** Points from which a tier is reached; below `medium` a use is low. */
  readonly tiers: { readonly high: number; readonly medium: number };
}

/** @throws KernelError `record_malformed` naming the member */
export function readQuestionnaire(json: Json | undefined, path = 'questionnaire'): Questionnaire {
  const object = asObject(json, path);
  onlyKeys(object, ['id', 'version', 'title', 'questions', 'tiers'], path);
  const tiers = asObject(object.tiers, `${path}.tiers`);
  onlyKeys(tiers, ['high', 'medium'], `${path}.tiers`);
  return {
    id: asNonEmpty(object.id, `${path}.id`),
    version: asNonEmpty(object.version, `${path}.version`),
    title: asNonEmpty(object.title, `${path}.title`),
    questions: asArray(object.questions, `${path}.questions`, readQuestion),
    tiers: {
      high: asCount(tiers.high, `${path}.tiers.high`),
      medium: asCount(tiers.medium, `${path}.tiers.medium`),
    },
  };
}

function readQuestion(json: Json, path: string): QuestionnaireQuestion {
  const object = asObject(json, path);
  onlyKeys(object, ['id', 'section', 'text', 'answers'], path);
  return {
    id: asNonEmpty(object.id, `${path}.id`),
    section: asOneOf(object.section, QUESTIONNAIRE_SECTIONS, `${path}.section`),
    text: asNonEmpty(object.text, `${path}.text`),
    answers: asArray(object.answers, `${path}.answers`, readAnswer),
  };
}

function readAnswer(json: Json, path: string): QuestionnaireAnswer {
  const object = asObject(json, path);
  onlyKeys(object, ['id', 'text', 'points', 'tierMin'], path);
  const tierMin = optional(object.tierMin, `${path}.tierMin`, (value, at) =>
    asOneOf(value, TIERS, at),
  );
  return {
    id: asNonEmpty(object.id, `${path}.id`),
    text: asNonEmpty(object.text, `${path}.text`),
    points: asCount(object.points, `${path}.points`),
    ...(tierMin === undefined ? {} : { tierMin }),
  };
}

export type ComputedTier = Pick<
  RiskTierContent,
  'questionnaire' | 'answers' | 'points' | 'computed'
>;

export type TierResult =
  | { readonly ok: true; readonly computed: ComputedTier }
  | { readonly ok: false; readonly question: string; readonly problem: string };

/**
 * The tier that a questionnaire computes: the members of a `risk-tier` record that model risk signs.
 * @param answers answer id by question id; every question must be answered, none other may be
 */
export function tierOfAnswers(
  questionnaire: Questionnaire,
  answers: Readonly<Record<string, string>>,
): TierResult {
  const { questions } = questionnaire;
  const unknown = Object.keys(answers).find((id) => !questions.some((one) => one.id === id));
  if (unknown !== undefined) {
    return { ok: false, question: unknown, problem: 'is no question of the questionnaire' };
  }
  const given: Given[] = [];
  for (const question of questions) {
    const id = answers[question.id];
    const answer = question.answers.find((one) => one.id === id);
    if (answer === undefined) {
      return { ok: false, question: question.id, problem: problemOf(question, id) };
    }
    given.push({ question, answer });
  }
  return { ok: true, computed: computedTier(questionnaire, given) };
}

interface Given {
  readonly question: QuestionnaireQuestion;
  readonly answer: QuestionnaireAnswer;
}

function problemOf(question: QuestionnaireQuestion, id: string | undefined): string {
  const ids = question.answers.map((answer) => answer.id).join(', ');
  const problem = id === undefined ? 'is not answered' : `has the answer \`${id}\``;
  return `${problem}; answer with one of ${ids}`;
}

function computedTier(questionnaire: Questionnaire, given: readonly Given[]): ComputedTier {
  const points = given.reduce((sum, { answer }) => sum + answer.points, 0);
  return {
    questionnaire: { id: questionnaire.id, version: questionnaire.version },
    answers: given.map(({ question, answer }) => ({
      question: question.id,
      text: question.text,
      answer: answer.text,
      points: answer.points,
    })),
    points,
    computed: strictest([
      tierAt(questionnaire, points),
      ...given.flatMap(({ answer }) => answer.tierMin ?? []),
    ]),
  };
}

function tierAt(questionnaire: Questionnaire, points: number): Tier {
  if (points >= questionnaire.tiers.high) return 'high';
  return points >= questionnaire.tiers.medium ? 'medium' : 'low';
}

/** TIERS is in falling order of strictness. */
function strictest(tiers: readonly Tier[]): Tier {
  return TIERS.find((tier) => tiers.includes(tier)) ?? 'low';
}
