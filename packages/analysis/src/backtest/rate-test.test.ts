// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { lightOf, rateTest } from './rate-test.ts';

const plan = { test: 'jeffreys', side: 'underestimated', amber: '0.05', red: '0.01' } as const;

describe('predicted against realised', () => {
  // scipy.stats.beta.cdf(pd, D + 0.5, N - D + 0.5) and binom.sf(D - 1, N, pd), SciPy 1.17.1.
  test.each([
    [0.01, 15, 1000, 0.0632284289295441, 0.0824123195160887],
    [0.02, 10, 1000, 0.9929945101188503, 0.9953192495685858],
    [0.05, 80, 1000, 2.677710821418403e-5, 3.488644975793487e-5],
    [0.003, 0, 400, 0.8790604014867198, 1],
  ])(
    'agrees with SciPy at a rate of %s with %s events of %s',
    (predicted, events, n, jeffreys, binomial) => {
      const rate = { predicted, events, n };
      expect(rateTest(rate, plan)).toBeCloseTo(jeffreys, 11);
      expect(rateTest(rate, { ...plan, test: 'binomial' })).toBeCloseTo(binomial, 11);
    },
  );

  test('an immaterial gap is not held against the model', () => {
    const rate = { predicted: 0.2, events: 21_000, n: 100_000 };
    expect(rateTest(rate, plan)).toBeLessThan(1e-10);
    expect(rateTest(rate, { ...plan, material: '0.02' })).toBeGreaterThan(0.999);
  });

  test('looking for either doubles the smaller tail, at most one', () => {
    const rate = { predicted: 0.1, events: 130, n: 1000 };
    const under = rateTest(rate, plan)!;
    expect(rateTest(rate, { ...plan, side: 'either' })).toBeCloseTo(2 * under, 14);
    const right = { predicted: 0.1, events: 100, n: 1000 };
    expect(rateTest(right, { ...plan, side: 'either' })).toBeLessThanOrEqual(1);
    expect(
      rateTest({ predicted: 0.1, events: 70, n: 1000 }, { ...plan, side: 'overestimated' }),
    ).toBeLessThan(0.001);
  });

  test('a level is crossed strictly', () => {
    expect(['0.05', '0.0499', '0.01', '0.0099'].map((p) => lightOf(Number(p), plan))).toEqual([
      'green',
      'amber',
      'amber',
      'red',
    ]);
    expect(rateTest({ predicted: 0, events: 0, n: 0 }, plan)).toBeUndefined();
  });
});
