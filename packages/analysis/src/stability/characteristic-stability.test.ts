// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { characteristicStability } from './characteristic-stability.ts';
import type { FrozenBins } from './frozen-bins.ts';

const bins: FrozenBins = {
  column: 'purpose',
  kind: 'category',
  levels: ['car', 'house'],
  counts: [50, 50, 0, 0],
  scores: ['0.1', '0.3', null, null],
};

test('is the change of the mean score when the mix alone changes', () => {
  // Mean score before 0.2; with three of four in the house bin 0.25.
  const { value, contributions } = characteristicStability(bins, [25, 75, 0, 0])!;
  expect(value).toBeCloseTo(0.05, 14);
  expect(contributions.reduce((sum, part) => sum + part, 0)).toBeCloseTo(value, 14);
});

test('counts nothing for a bin that the reference did not have, and is zero where nothing moved', () => {
  expect(characteristicStability(bins, [20, 20, 0, 0])!.value).toBeCloseTo(0, 14);
  expect(characteristicStability(bins, [25, 25, 50, 0])!.contributions[2]).toBe(0);
});

test('is undefined without frozen scores and on no rows', () => {
  const { scores: _, ...plain } = bins;
  expect(characteristicStability(plain, [1, 1, 0, 0])).toBeUndefined();
  expect(characteristicStability(bins, [0, 0, 0, 0])).toBeUndefined();
});
