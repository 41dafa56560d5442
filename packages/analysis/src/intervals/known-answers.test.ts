// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { commonOddsRatio } from '../fairness/mantel-haenszel.ts';
import { exactOddsInterval, fisherExact } from '../numeric/hypergeometric.ts';
import { criticalValue, normalCdf, normalQuantile } from '../numeric/normal.ts';
import { oddsRatio } from './odds-ratio.ts';
import { katzRatio, scoreRatio } from './proportion-ratio.ts';
import { standardisedDifference } from './standardised-difference.ts';
import { wilson } from './wilson.ts';

describe('published answers', () => {
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])(
    'Wilson for %i of %i (Newcombe, Statistics in Medicine 17 (1998), table I)',
    (x, n, low, high) => {
      const { interval } = wilson(x, n, 0.95)!;
      expect(interval!.low).toBeCloseTo(low, 4);
      expect(interval!.high).toBeCloseTo(high, 4);
    },
  );

  test('score ratio of 36/40 to 16/80 (Koopman 1984: 2.94 to 7.15, before the factor N/(N − 1))', () => {
    const { value, interval } = scoreRatio({ x1: 36, n1: 40, x2: 16, n2: 80 }, 0.95)!;
    expect(value).toBeCloseTo(4.5, 12);
    expect(Math.abs(interval!.low - 2.94)).toBeLessThan(0.02);
    expect(Math.abs(interval!.high - 7.15)).toBeLessThan(0.06);
  });

  test('Katz ratio from its standard error', () => {
    const { interval } = katzRatio({ x1: 30, n1: 100, x2: 20, n2: 100 }, 0.95)!;
    const error = Math.sqrt(1 / 30 - 1 / 100 + 1 / 20 - 1 / 100);
    expect(Math.log(interval!.high / 1.5) / criticalValue(0.95)).toBeCloseTo(error, 12);
  });

  test("Fisher's tea tasting: p 0.4857143, exact odds interval 0.2117329 to 621.9337505 (R, fisher.test)", () => {
    const table = { a: 3, b: 1, c: 1, d: 3 };
    expect(fisherExact(table)).toBeCloseTo(0.4857143, 7);
    const { low, high } = exactOddsInterval(table, 0.95);
    // R finds the odds, or their reciprocal above one, to within 1.2e-4, so the definition is checked besides.
    expect(Math.abs(low - 0.2117329)).toBeLessThan(1.3e-4);
    expect(Math.abs(1 / high - 1 / 621.9337505)).toBeLessThan(1.3e-4);
    const upperTail = (odds: number) => {
      const weights = [1, 16, 36, 16, 1].map((weight, x) => weight * odds ** x);
      return (weights[3]! + weights[4]!) / weights.reduce((sum, weight) => sum + weight, 0);
    };
    expect(upperTail(low)).toBeCloseTo(0.025, 12);
    const atMostThree = (odds: number) =>
      1 - odds ** 4 / [1, 16, 36, 16, 1].reduce((sum, weight, x) => sum + weight * odds ** x, 0);
    expect(atMostThree(high)).toBeCloseTo(0.025, 12);
  });

  test('normal percentage points (Wichura 1988)', () => {
    expect(normalQuantile(0.25)).toBeCloseTo(-0.6744897501960817, 15);
    expect(normalQuantile(0.001)).toBeCloseTo(-3.090232306167814, 14);
    expect(normalQuantile(1e-20)).toBeCloseTo(-9.262340089798409, 13);
    expect(normalCdf(-3.090232306167814)).toBeCloseTo(0.001, 15);
  });
});

describe('edges', () => {
  test('a ratio with no event in the group reaches down to zero, with none in the reference up to infinity', () => {
    const none = scoreRatio({ x1: 0, n1: 30, x2: 10, n2: 50 }, 0.95)!;
    expect([none.value, none.interval!.low]).toEqual([0, 0]);
    expect(none.interval!.high).toBeLessThan(1);
    const all = scoreRatio({ x1: 10, n1: 50, x2: 0, n2: 30 }, 0.95)!;
    expect([all.value, all.interval!.high]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect(scoreRatio({ x1: 0, n1: 30, x2: 0, n2: 50 }, 0.95)).toBeUndefined();
    expect(katzRatio({ x1: 0, n1: 30, x2: 10, n2: 50 }, 0.95)).toBeUndefined();
  });

  test('a ratio of two certainties is one, with an interval around it', () => {
    const { value, interval } = scoreRatio({ x1: 20, n1: 20, x2: 40, n2: 40 }, 0.95)!;
    expect(value).toBe(1);
    expect(interval!.low).toBeLessThan(1);
    expect(interval!.high).toBeGreaterThan(1);
  });

  test('odds ratios use the exact interval below ten in a cell and Woolf above', () => {
    expect(oddsRatio({ a: 3, b: 40, c: 20, d: 60 }, 0.95)!.interval!.method).toBe(
      'exact-conditional',
    );
    expect(oddsRatio({ a: 30, b: 40, c: 20, d: 60 }, 0.95)!.interval!.method).toBe('woolf');
    expect(oddsRatio({ a: 0, b: 0, c: 20, d: 60 }, 0.95)).toBeUndefined();
  });

  test('a stratum with one group alone does not move the common odds ratio', () => {
    const strata = [
      { a: 10, b: 20, c: 15, d: 60 },
      { a: 8, b: 12, c: 20, d: 70 },
    ];
    const alone = { a: 30, b: 5, c: 0, d: 0 };
    expect(commonOddsRatio([...strata, alone], 0.95)).toEqual(commonOddsRatio(strata, 0.95));
  });

  test('a standardised difference needs two rows a side and some spread', () => {
    const group = { n: 10, mean: 0.4, variance: 0 };
    expect(standardisedDifference(group, { ...group, mean: 0.5 }, 0.95)).toBeUndefined();
    expect(
      standardisedDifference({ ...group, n: 1 }, { ...group, variance: 1 }, 0.95),
    ).toBeUndefined();
  });
});
