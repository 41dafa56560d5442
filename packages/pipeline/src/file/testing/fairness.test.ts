// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { monitoring } from './monitoring-section.ts';
import { testing } from './testing-section.ts';

const FAIRNESS = {
  governing: 'approval_ratio',
  why: 'screen',
  limits: { approval_ratio: { min: 0.8 } },
};
const ALTERNATIVES = { performance: 'accuracy', tolerance: 0.01, cutoffs: [0.3] };
const BISG = {
  method: 'bisg',
  why: 'tables of the firm',
  groups: ['green', 'blue'],
  reference: 'blue',
  surname: { column: 'surname', table: 'surnames.csv', key: 'name' },
  geography: { column: 'tract', table: 'areas.csv', key: 'area' },
};
const messages = (fairness: unknown) =>
  testing.safeParse({ fairness }).error?.issues.map(({ message }) => message) ?? [];

describe('the fairness section', () => {
  test('takes alternatives and probable groups, its decimals as text', () => {
    const plan = { ...FAIRNESS, alternatives: ALTERNATIVES, proxy: BISG };
    const parsed = testing.parse({ fairness: plan });
    expect(parsed.fairness?.alternatives).toMatchObject({ tolerance: '0.01', cutoffs: ['0.3'] });
  });

  test.each([
    ['governing by guessed groups', { governing: 'proxy_approval_ratio' }, /never decide/],
    [
      'cutoffs under a performance that does not see them',
      { alternatives: { ...ALTERNATIVES, performance: 'auc' } },
      /sees the cutoff/,
    ],
    [
      'a cost that nobody named',
      { alternatives: { ...ALTERNATIVES, performance: 'decision_cost' } },
      /go together/,
    ],
    [
      'a search and a confirmation of another one',
      {
        alternatives: { ...ALTERNATIVES, confirm: {}, untouched: { by: 'id', share: 0.3 } },
      },
      /leave `untouched` out/,
    ],
    ['a method without its tables', { proxy: { ...BISG, surname: undefined } }, /needs `surname`/],
    ['a reference of no group', { proxy: { ...BISG, reference: 'red' } }, /among `groups`/],
  ])('refuses %s', (_, change, message) => {
    const found = messages({ ...FAIRNESS, ...change });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  test('searches and guesses nothing in production', () => {
    const plan = { reference: 'applications.development', fairness: { ...FAIRNESS, proxy: BISG } };
    expect(monitoring.safeParse(plan).success).toBe(false);
    const criteria = { ...FAIRNESS, declined_outcomes: 'observed' };
    expect(monitoring.safeParse({ ...plan, fairness: criteria }).success).toBe(true);
  });
});
