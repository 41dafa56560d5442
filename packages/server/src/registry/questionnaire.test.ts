// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ServerError } from '../errors.ts';
import { computeTier, readQuestionnaire } from '../tiering/index.ts';
import { loadQuestionnaire } from './load-questionnaire.ts';
import { loadPromotionPolicy } from './promotion-policy.ts';
import { parseYaml } from './yaml-source.ts';

const POLICIES = join(import.meta.dirname, '../../../../policies');
const questionnaire = (await loadQuestionnaire(join(POLICIES, 'questionnaire.yaml'))).value;

/** Every question answered with its least or its most points. */
const extreme = (pick: 'least' | 'most') =>
  Object.fromEntries(
    questionnaire.questions.map(({ id, answers }) => {
      const sorted = [...answers].sort((a, b) => a.points - b.points);
      return [id, (pick === 'least' ? sorted[0] : sorted.at(-1))!.id];
    }),
  );

const refusal = (action: () => unknown): ServerError => {
  try {
    action();
  } catch (error) {
    if (error instanceof ServerError) return error;
  }
  throw new Error('expected a ServerError');
};

describe('the tiering questionnaire', () => {
  test('asks in all four sections', () => {
    expect([...new Set(questionnaire.questions.map(({ section }) => section))]).toEqual([
      'exposure',
      'purpose',
      'complexity',
      'reliance',
    ]);
  });

  test('adds points up to a tier', () => {
    expect(computeTier(questionnaire, extreme('least'))).toMatchObject({
      points: 0,
      computed: 'low',
    });
    expect(computeTier(questionnaire, extreme('most'))).toMatchObject({ computed: 'high' });
    const pricing = {
      ...extreme('least'),
      'purpose-class': 'risk-management',
      'purpose-harm': 'financial',
      'complexity-method': 'ensemble',
    };
    expect(computeTier(questionnaire, pricing)).toMatchObject({ points: 9, computed: 'medium' });
  });

  test('puts a use that decides on a person’s access at high tier whatever the sum', () => {
    const credit = { ...extreme('least'), 'purpose-class': 'individual-rights' };
    expect(computeTier(questionnaire, credit)).toMatchObject({ points: 6, computed: 'high' });
  });

  test('keeps each question with its answer in words', () => {
    const { answers } = computeTier(questionnaire, extreme('least'));
    expect(answers[0]).toEqual({
      question: 'exposure-amount',
      text: 'What is the yearly volume that the output decides on?',
      answer: 'below 1 million',
      points: 0,
    });
  });

  test('names a question without an answer, with a wrong one, and one that is not asked', () => {
    const { 'purpose-harm': _left, ...without } = extreme('least');
    const unanswered = refusal(() => computeTier(questionnaire, without));
    expect(unanswered.details).toEqual({ question: 'purpose-harm' });
    expect(unanswered.message).toContain('is not answered');
    const wrong = { ...extreme('least'), 'purpose-harm': 'none at all' };
    expect(refusal(() => computeTier(questionnaire, wrong)).message).toContain('none at all');
    const stray = { ...extreme('least'), weather: 'fine' };
    expect(refusal(() => computeTier(questionnaire, stray)).details).toEqual({
      question: 'weather',
    });
  });
});

describe('the promotion policy', () => {
  test('is what the kernel reads, and lets no condition be excused that the kernel forbids', async () => {
    const { value } = await loadPromotionPolicy(join(POLICIES, 'promotion.yaml'));
    expect(value.exceptions.map(({ condition }) => condition)).toEqual([
      'performance',
      'bias',
      'reproducible',
    ]);
    const { approvals } = value.transitions.production;
    expect(approvals.map(({ role, when, signing }) => [role, when?.tier, signing])).toEqual([
      ['model-risk', ['high'], 'key'],
      ['model-risk', ['medium', 'low'], undefined],
      ['legal', undefined, undefined],
      ['executive', ['high'], undefined],
    ]);
  });
});

describe('a policy file', () => {
  const read = (text: string) =>
    parseYaml('q.yaml', text, { rootName: 'questionnaire', read: readQuestionnaire });
  const START = 'id: q\nversion: "1"\ntitle: t\n';

  test.each([
    ['a wrong type', `${START}questions: []\ntiers: { high: x, medium: 1 }\n`, 'q.yaml:5:'],
    [
      'an unknown key',
      `${START}questions: []\ncolour: red\ntiers: { high: 2, medium: 1 }\n`,
      'q.yaml:5:',
    ],
    [
      'a missing key at its parent',
      `${START}tiers: { high: 2, medium: 1 }\nquestions:\n  - id: a\n    section: purpose\n`,
      'q.yaml:6:',
    ],
    ['a doubled key', `id: q\nid: r\n`, 'q.yaml:2:'],
    ['an alias', `id: &a q\nversion: *a\n`, 'q.yaml:1:'],
  ])('is refused for %s with file and line', (_, text, place) => {
    const error = refusal(() => read(text));
    expect(error.code).toBe('policy_file_invalid');
    expect(error.message.slice(0, place.length)).toBe(place);
  });

  test('that cannot be read is named', async () => {
    await expect(loadQuestionnaire('/nowhere/q.yaml')).rejects.toThrow(
      '/nowhere/q.yaml:1:1: cannot be read',
    );
  });
});
