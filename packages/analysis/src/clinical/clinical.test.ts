// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { clopperPearson } from './clopper-pearson.ts';
import { pairedDifference } from './paired-difference.ts';
import { predictiveValues } from './predictive-values.ts';

const rounded = (interval: { low: number; high: number } | undefined, digits: number) =>
  [interval?.low, interval?.high].map((value) => Number(value?.toFixed(digits)));

describe('exact interval of a proportion', () => {
  test('81 of 263: the value printed in Newcombe 1998, method 5', () => {
    expect(rounded(clopperPearson(81, 263, 0.95)?.interval, 4)).toEqual([0.2527, 0.3676]);
  });

  test('none and all: the closed forms', () => {
    expect(clopperPearson(0, 20, 0.95)?.interval?.high).toBeCloseTo(1 - 0.025 ** (1 / 20), 12);
    expect(clopperPearson(20, 20, 0.95)?.interval?.low).toBeCloseTo(0.025 ** (1 / 20), 12);
    expect(clopperPearson(0, 0, 0.95)).toBeUndefined();
  });
});

describe('paired difference', () => {
  test('the bounds are where the score test just fails to reject', () => {
    const { value, interval } = pairedDifference(
      { both: 43, first: 0, second: 1, neither: 0 },
      0.95,
    )!;
    expect(value).toBeCloseTo(-1 / 44, 12);
    expect(interval!.low).toBeLessThan(value);
    expect(interval!.high).toBeGreaterThan(value);
  });

  test('turning both readings round turns the interval round', () => {
    const one = pairedDifference({ both: 50, first: 12, second: 5, neither: 9 }, 0.9)!;
    const other = pairedDifference({ both: 50, first: 5, second: 12, neither: 9 }, 0.9)!;
    expect(one.interval!.low).toBeCloseTo(-other.interval!.high, 12);
    expect(one.interval!.high).toBeCloseTo(-other.interval!.low, 12);
  });

  test('agreement on every case still leaves room for a difference', () => {
    const { value, interval } = pairedDifference(
      { both: 60, first: 0, second: 0, neither: 0 },
      0.95,
    )!;
    expect(value).toBe(0);
    expect(interval!.low).toBeCloseTo(-(1.959964 ** 2) / (60 + 1.959964 ** 2), 6);
    expect(interval!.high).toBeCloseTo(-interval!.low, 10);
  });
});

describe('predictive values at a declared prevalence', () => {
  const counts = {
    truePositives: 240,
    falseNegatives: 178,
    trueNegatives: 87,
    falsePositives: 288,
  };

  test('are those of Bayes, and turn over when the prevalence and the readings do', () => {
    const { positive, negative } = predictiveValues(counts, 0.03, 0.95);
    const [se, sp] = [240 / 418, 87 / 375];
    expect(positive!.value).toBeCloseTo((se * 0.03) / (se * 0.03 + (1 - sp) * 0.97), 12);
    expect(negative!.value).toBeCloseTo((sp * 0.97) / (sp * 0.97 + (1 - se) * 0.03), 12);
    const turned = predictiveValues(
      { truePositives: 87, falseNegatives: 288, trueNegatives: 240, falsePositives: 178 },
      0.97,
      0.95,
    );
    expect(turned.positive!.interval!.low).toBeCloseTo(negative!.interval!.low, 12);
  });

  test('a perfect specificity has a bound below one', () => {
    const perfect = { truePositives: 40, falseNegatives: 10, trueNegatives: 50, falsePositives: 0 };
    const { positive } = predictiveValues(perfect, 0.1, 0.95);
    expect(positive!.value).toBe(1);
    expect(positive!.interval!.low).toBeGreaterThan(0.2);
    expect(positive!.interval!.high).toBeLessThan(1);
    expect(positive!.interval!.method).toBe('adjusted logit');
  });
});
