// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { tierDifference } from './tier-difference.ts';

const tiered = (tier: string, points: number, answer: string) => ({
  tier,
  points,
  answers: [{ question: 'exposure-amount', text: 'volume?', answer, points }],
});

test('a raised tier names the answers that raised it and what follows', () => {
  const { isRaised, lines } = tierDifference(
    tiered('medium', 4, '50 million to 1 billion'),
    tiered('high', 6, 'above 1 billion'),
  );
  expect(isRaised).toBe(true);
  expect(lines).toEqual([
    'tier medium (4 points) → high (6 points)',
    '  exposure-amount: 50 million to 1 billion (4) → above 1 billion (6)',
    'approvals given under the lower tier do not suffice at the next request; a review falls due',
  ]);
});

test('a lowered tier makes no approval insufficient', () => {
  const { isRaised, lines } = tierDifference(tiered('high', 6, 'a'), tiered('low', 0, 'b'));
  expect(isRaised).toBe(false);
  expect(lines).toHaveLength(2);
});

test('the same answers sign nothing, and a first tier has nothing to differ from', () => {
  const one = tiered('low', 0, 'a');
  expect(tierDifference(one, structuredClone(one))).toMatchObject({ isSame: true });
  expect(tierDifference(undefined, one).lines).toEqual(['tier low; none was signed before']);
});
