// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { aucOfLevels, goodmanKruskalLambda, theilsU } from './association.ts';

// Goodman and Kruskal (1954), table of section 5.3: eye colour of 6,800 men of Baden (rows) by hair colour.
const BADEN = [
  [1768, 807, 189, 47],
  [946, 1387, 746, 53],
  [115, 438, 288, 16],
];

describe('how far one column gives another away', () => {
  test('λ of the published table of hair by eye colour', () => {
    // (1768 + 1387 + 438 − 2829) / (6800 − 2829), and the other way round (1768 + 1387 + 746 + 53 − 3132) / (6800 − 3132).
    expect(goodmanKruskalLambda(BADEN)).toBeCloseTo(0.1924, 4);
    const turned = [0, 1, 2, 3].map((column) => BADEN.map((row) => row[column] ?? 0));
    expect(goodmanKruskalLambda(turned)).toBeCloseTo(0.2241, 4);
  });

  test('U by hand, and its ends', () => {
    // H(Y) = ln 2, H(Y|X) = −(¾ ln ¾ + ¼ ln ¼).
    const rest = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
    expect(
      theilsU([
        [3, 1],
        [1, 3],
      ]),
    ).toBeCloseTo(1 - rest / Math.log(2), 14);
    expect(
      theilsU([
        [5, 0],
        [0, 5],
        [2, 0],
      ]),
    ).toBe(1);
    expect(
      theilsU([
        [4, 6],
        [40, 60],
      ]),
    ).toBeCloseTo(0, 14);
    expect([theilsU([[7]]), theilsU([]), goodmanKruskalLambda([[7]])]).toEqual([0, 0, 0]);
  });

  test('AUC counts every pair of unlike rows, ties half', () => {
    const levels = [
      [4, 1],
      [3, 3],
      [0, 5],
    ];
    let pairs = 0;
    levels.forEach(([, high = 0], one) => {
      levels.forEach(([low = 0], other) => {
        pairs += high * low * (one > other ? 1 : one === other ? 0.5 : 0);
      });
    });
    expect(aucOfLevels(levels, 1)).toBe(pairs / (9 * 7));
    expect(
      aucOfLevels(
        [
          [4, 0],
          [3, 0],
        ],
        1,
      ),
    ).toBeUndefined();
  });
});
