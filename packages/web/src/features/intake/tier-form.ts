// SPDX-License-Identifier: Apache-2.0
import type { Questionnaire, RiskTierContent } from '@countersign/kernel';
import type { Field } from '../../shell/form/field.ts';
import { given, linesOf } from '../../shell/form/field.ts';
import type { Values } from '../../shell/form/kept-draft.ts';

/** The member of a form's values that holds the answer to a question. */
export const answerName = (question: string): string => `answers.${question}`;

export const TIER_FIELDS: readonly Field[] = [
  {
    kind: 'check',
    name: 'fairLending',
    label: 'Fair lending applies',
    description: 'Legal then approves too, and disparity is measured.',
  },
  {
    kind: 'lines',
    name: 'groups',
    label: 'Protected groups',
    description: 'Attribute and the group others are compared with, a line each: sex: male',
    isOptional: true,
  },
  {
    kind: 'lines',
    name: 'floors',
    label: 'Threshold floors',
    description: 'The least strict limit a plan may set, a line each: auc >= 0.65',
    isOptional: true,
  },
];

export function tierValues(
  questionnaire: Questionnaire,
  before: Partial<RiskTierContent> | undefined,
): Values {
  const answers = questionnaire.questions.map((question): readonly [string, string] => {
    const text = before?.answers?.find((one) => one.question === question.id)?.answer;
    const answer = question.answers.find((one) => one.text === text);
    return [answerName(question.id), answer?.id ?? ''];
  });
  const { groups = [], floors = [], computed, tier, override, fairLending } = before ?? {};
  return {
    ...Object.fromEntries(answers),
    tier: tier === computed ? '' : (tier ?? ''),
    override: override ?? '',
    fairLending: fairLending === true,
    groups: groups.map(({ attribute, reference }) => `${attribute}: ${reference}`).join('\n'),
    floors: floors.map(({ metric, op, value }) => `${metric} ${op} ${value}`).join('\n'),
  };
}

/** Answers that were given: answer id by question id. */
export function answersOf(questionnaire: Questionnaire, values: Values): Record<string, string> {
  return Object.fromEntries(
    questionnaire.questions.flatMap(({ id }) => {
      const answer = given(values[answerName(id)]);
      return answer === undefined ? [] : [[id, answer]];
    }),
  );
}

export function tierSaid(questionnaire: Questionnaire, values: Values) {
  return {
    answers: answersOf(questionnaire, values),
    tier: given(values.tier),
    override: given(values.override),
    fairLending: values.fairLending === true,
    groups: linesOf(values.groups).map((line) => {
      const [attribute = '', ...rest] = line.split(':');
      return { attribute: attribute.trim(), reference: rest.join(':').trim() };
    }),
    floors: linesOf(values.floors).map((line) => {
      const [, metric = line, op = '', value = ''] = /^(\S+)\s*(>=|<=)\s*(\S+)$/.exec(line) ?? [];
      return { metric, op, value };
    }),
  };
}
