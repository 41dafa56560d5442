// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { crossFittedAuc, normalisedMutualInformation } from './screen-figures.ts';

test('mutual information is normalised as scikit-learn does it', () => {
  // sklearn.metrics.normalized_mutual_info_score([0]*8+[1]*8, [0]*6+[1]*2+[0]*2+[1]*6), scikit-learn 1.9.1
  expect(
    normalisedMutualInformation([
      [6, 2],
      [2, 6],
    ]),
  ).toBeCloseTo(0.1887218755408671, 12);
  // normalized_mutual_info_score([0]*10+[1]*10+[2]*10, [0]*7+[1]*2+[2]+[0]+[1]*8+[2]+[1]*3+[2]*7)
  expect(
    normalisedMutualInformation([
      [7, 2, 1],
      [1, 8, 1],
      [0, 3, 7],
    ]),
  ).toBeCloseTo(0.36063728496922337, 12);
});

test('what determines the group has information 1, what is independent of it 0, one value 0', () => {
  expect(
    normalisedMutualInformation([
      [5, 0],
      [0, 9],
    ]),
  ).toBe(1);
  expect(
    normalisedMutualInformation([
      [5, 10],
      [10, 20],
    ]),
  ).toBeCloseTo(0, 12);
  expect(normalisedMutualInformation([[5, 10]])).toBe(0);
});

test('a level that determines the group has an area of 1 in every fold', () => {
  const level = (held: number, rest: number) => [
    [rest, held],
    [rest, held],
  ];
  expect(crossFittedAuc([level(4, 0), level(0, 7)], 1)).toBe(1);
});

test('a level is not credited with what only its own fold holds', () => {
  // In-sample the two levels look perfectly telling; the other fold says the opposite.
  const cells = [
    [
      [0, 6],
      [6, 0],
    ],
    [
      [6, 0],
      [0, 6],
    ],
  ];
  expect(crossFittedAuc(cells, 1)).toBe(0);
});

test('equal shares in the other folds are ties', () => {
  const cells = [
    [
      [3, 1],
      [2, 2],
    ],
    [
      [1, 3],
      [2, 2],
    ],
  ];
  // Fold 0 is scored by fold 1, where both levels hold one half: every pair is a tie, 0.5.
  // Fold 1 is scored by fold 0 (1/4 and 3/4): levels hold [2, 2] each, so the area is 0.5 too.
  expect(crossFittedAuc(cells, 1)).toBe(0.5);
});

test('without a pair there is no area', () => {
  expect(crossFittedAuc([[[4, 0]], [[3, 0]]], 1)).toBeUndefined();
});
