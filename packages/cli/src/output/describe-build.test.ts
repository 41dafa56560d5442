// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeBuild } from './describe-build.ts';

const DIGEST = 'a'.repeat(64);

test('a build is told by its features, its design and its searches, warnings included', () => {
  const lines = describeBuild({
    features: {
      record: DIGEST,
      inputs: [{ input: 'amount', definition: '', from: [], screen: [] }],
      lacking: ['feature catalogue: `amount` lacks a definition'],
      steps: [],
    },
    design: {
      record: DIGEST,
      constraints: [
        { what: 'rises', why: 'exposure', state: 'violated', found: 'in 57 of 200 rows' },
      ],
    },
    searches: [
      {
        record: DIGEST,
        step: 'train',
        source: 'Optuna journal',
        score: 'loss',
        count: 12,
        taken: 'trial 3 was taken (C = 1; loss 0.5)',
        warnings: ['`C` is 2 in the params of step `fit`'],
        course: [],
        trials: [],
      },
    ],
  });
  expect(lines).toEqual([
    'features  1 inputs, 1 lack an entry (aaaaaaaaaaaa)',
    '  feature catalogue: `amount` lacks a definition',
    '',
    'design constraint (aaaaaaaaaaaa)  state     found',
    'rises                             violated  in 57 of 200 rows',
    '',
    'search of step train, 12 trials as written by Optuna journal: trial 3 was taken (C = 1; loss 0.5)',
    '  ! `C` is 2 in the params of step `fit`',
  ]);
});

test('a version of before anything of it was measured is told by nothing', () => {
  expect(describeBuild({ searches: [] })).toEqual([]);
});
