// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { criticalValue } from '../numeric/normal.ts';
import { trendOf } from './trend.ts';

const figure = (index: number, value: number, error: number) => {
  const half = criticalValue(0.95) * error;
  return {
    index,
    estimate: {
      value,
      interval: { low: value - half, high: value + half, level: 0.95, method: 'wald' },
    },
  };
};

test('the slope of three equally known periods is half the change from first to last', () => {
  const { value, interval } = trendOf(
    [figure(0, 1, 0.1), figure(1, 5, 0.1), figure(2, 3, 0.1)],
    0.95,
  )!;
  expect(value).toBeCloseTo(1, 12);
  expect(interval!.high - value).toBeCloseTo((criticalValue(0.95) * 0.1) / Math.SQRT2, 12);
});

test('weights agree with statsmodels, and a missing period counts as time passed', () => {
  // sm.WLS([0.8, 0.78, 0.7, 0.74], add_constant([0, 1, 3, 4]), weights=1/np.array([.01, .02, .01, .04])**2), scale fixed at 1.
  const points = [
    figure(0, 0.8, 0.01),
    figure(1, 0.78, 0.02),
    figure(3, 0.7, 0.01),
    figure(4, 0.74, 0.04),
  ];
  const { value, interval } = trendOf(points, 0.95)!;
  expect(value).toBeCloseTo(-0.031377899045020384, 10);
  expect((interval!.high - value) / criticalValue(0.95)).toBeCloseTo(0.004493439207025121, 10);
});

test('two periods have no trend', () => {
  expect(trendOf([figure(0, 1, 0.1), figure(1, 2, 0.1)], 0.95)).toBeUndefined();
});
