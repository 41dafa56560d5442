// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { averagePrecision } from './average-precision.ts';
import { calibration } from './calibration.ts';
import { cellsOf, cellsOfSorted, type ScoredRow } from './cells.ts';
import { clusterIntervals, type UnitCells } from './cluster-bootstrap.ts';
import { confusion, outcomeRates, outcomesAt } from './confusion.ts';
import { expectedCost, leastCost } from './decision-cost.ts';
import { momentsOf } from './logit-moments.ts';
import { rocPoints } from './roc-points.ts';
import { scoreBands } from './score-bands.ts';
import { hosmerLemeshow, scoreBins } from './score-bins.ts';

const LEVEL = 0.95;
const row = (score: number, label: number, weight = 1): ScoredRow => ({
  score,
  label: label === 1 ? 1 : 0,
  weight,
});

describe('average precision', () => {
  test('is the mean precision at each positive, ties at one precision', () => {
    // From the top: 0.9 positive (1/1), 0.8 negative, 0.7 positive (2/3), 0.6 tie of one each (3/5).
    const cells = cellsOf([row(0.9, 1), row(0.8, 0), row(0.7, 1), row(0.6, 1), row(0.6, 0)]);
    expect(averagePrecision(cells, LEVEL)!.value).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 3, 14);
  });

  test('is undefined without a positive and has no interval at one', () => {
    expect(averagePrecision(cellsOf([row(0.5, 0)]), LEVEL)).toBeUndefined();
    const perfect = cellsOf([row(0.9, 1), row(0.8, 1), row(0.2, 0), row(0.1, 0)]);
    expect(averagePrecision(perfect, LEVEL)).toEqual({ value: 1 });
  });

  test('has the variance that leaving a little of each row out gives', () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      row(((i * 37) % 61) / 61, (i * 17) % 3 === 0 ? 1 : 0),
    );
    const at = averagePrecision(cellsOf(rows), LEVEL)!;
    const step = 1e-6;
    const squares = rows.reduce((sum, _, left) => {
      const nudged = rows.map((one, i) => (i === left ? { ...one, weight: 1 + step } : one));
      return sum + ((averagePrecision(cellsOf(nudged), LEVEL)!.value - at.value) / step) ** 2;
    }, 0);
    const error = Math.sqrt((60 / 59) * squares) / (at.value * (1 - at.value));
    const odds = (p: number) => Math.log(p / (1 - p));
    const width = odds(at.interval!.high) - odds(at.interval!.low);
    expect(width).toBeCloseTo(2 * 1.959963984540054 * error, 4);
  });
});

describe('rates with weights', () => {
  const cutoff = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;

  test('are shares of weight, and of rows where every row weighs one', () => {
    const rows = [row(0.7, 1, 3), row(0.6, 1, 1), row(0.2, 1, 4), row(0.8, 0, 1), row(0.1, 0, 1)];
    const rates = outcomeRates(outcomesAt(cellsOf(rows), cutoff), LEVEL);
    expect(rates.sensitivity!.value).toBeCloseTo(4 / 8, 14);
    expect(rates.sensitivity!.interval!.method).toBe('wilson-effective-size');
    const plain = cellsOf(rows.map((one) => ({ ...one, weight: 1 })));
    expect(outcomeRates(outcomesAt(plain, cutoff), LEVEL).sensitivity!.interval!.method).toBe(
      'wilson',
    );
    expect(confusion(cellsOf(rows), cutoff)).toEqual({
      truePositives: 2,
      falsePositives: 1,
      trueNegatives: 1,
      falseNegatives: 1,
    });
  });

  test('do not change when every weight is doubled, interval included', () => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      row((i % 20) / 20, i % 3 === 0 ? 1 : 0, 1 + (i % 4)),
    );
    const [once, twice] = [1, 2].map((factor) => {
      const scaled = rows.map((one) => ({ ...one, weight: one.weight! * factor }));
      return outcomeRates(outcomesAt(cellsOf(scaled), cutoff), LEVEL).accuracy!;
    });
    expect(twice!.value).toBeCloseTo(once!.value, 12);
    expect(twice!.interval!.low).toBeCloseTo(once!.interval!.low, 12);
  });

  test('split the rows at the cutoff for each of the four rules', () => {
    const cells = cellsOf([row(0.4, 0), row(0.5, 1), row(0.6, 1)]);
    const adverse = (adverseWhen: 'at-or-above' | 'above' | 'below' | 'at-or-below') => {
      const { truePositives, falsePositives } = confusion(cells, { cutoff: '0.5', adverseWhen });
      return truePositives + falsePositives;
    };
    expect(
      ['at-or-above', 'above', 'below', 'at-or-below'].map((rule) => adverse(rule as 'above')),
    ).toEqual([2, 1, 1, 2]);
  });
});

describe('score bands', () => {
  const cells = cellsOf(
    Array.from({ length: 100 }, (_, i) => row(i / 100, i >= 80 || i % 10 === 0 ? 1 : 0)),
  );

  test('run from the highest scores down and capture every event at the end', () => {
    const bands = scoreBands(cells, { count: 10 }, LEVEL);
    expect(bands).toHaveLength(10);
    expect(bands[0]).toMatchObject({ low: 0.9, high: 0.99, n: 10, events: 10 });
    expect(bands[0]!.lift).toBeCloseTo(1 / 0.28, 12);
    expect(bands[0]!.captured.value).toBeCloseTo(10 / 28, 12);
    expect(bands.at(-1)).toMatchObject({ reached: 1, cumulativeLift: 1 });
    expect(bands.at(-1)!.captured.value).toBe(1);
  });

  test('with declared edges hold scores from an edge up to below the next, and none that are empty', () => {
    const bands = scoreBands(cells, { edges: [0.2, 0.5, 1.5] }, LEVEL);
    expect(bands.map(({ low, high, n }) => [low, high, n])).toEqual([
      [0.5, 0.99, 50],
      [0.2, 0.49, 30],
      [0, 0.19, 20],
    ]);
  });
});

describe('cost of decisions', () => {
  const cells = cellsOf([row(0.1, 0), row(0.2, 1), row(0.3, 0), row(0.8, 1)]);
  const costs = { falsePositive: 1, falseNegative: 5 };

  test('is the mean over rows at the cutoff', () => {
    const outcomes = outcomesAt(cells, { cutoff: '0.3', adverseWhen: 'at-or-above' });
    expect(expectedCost(outcomes, costs, LEVEL)!.value).toBe((5 + 1) / 4);
  });

  test('is least where trying every cutoff by hand says', () => {
    // At or above 0.2: one false positive (0.3), no false negative.
    expect(leastCost(cells, costs, 'at-or-above')).toEqual({ cutoff: 0.2, costPerRow: 0.25 });
    expect(leastCost(cells, costs, 'above')).toEqual({ cutoff: 0.1, costPerRow: 0.25 });
    const rare = { falsePositive: 100, falseNegative: 1 };
    expect(leastCost(cellsOf([row(0.9, 0), row(0.2, 1)]), rare, 'at-or-above')).toEqual({
      costPerRow: 0.5,
    });
  });
});

test('Hosmer–Lemeshow is the sum worked out by hand, and undefined where a bin expects no event', () => {
  const cells = cellsOf([...Array(4).fill(row(0.25, 0)), row(0.25, 1), row(0.5, 1), row(0.5, 0)]);
  const found = hosmerLemeshow(scoreBins(cells, 2, LEVEL))!;
  expect(found.degrees).toBe(2);
  expect(found.statistic).toBeCloseTo((1 - 1.25) ** 2 / (5 * 0.25 * 0.75), 12);
  expect(hosmerLemeshow(scoreBins(cellsOf([row(0, 0), row(0.5, 1)]), 2, LEVEL))).toBeUndefined();
});

describe('the ROC curve', () => {
  test('has every point where they are few, from corner to corner', () => {
    expect(rocPoints(cellsOf([row(0.9, 1), row(0.5, 0), row(0.5, 1)]))).toEqual([
      { fpr: 0, tpr: 0 },
      { score: 0.9, fpr: 0, tpr: 0.5 },
      { score: 0.5, fpr: 1, tpr: 1 },
    ]);
  });

  test('keeps to 200 points of the curve, rising, however many scores there are', () => {
    const rows = Array.from({ length: 5000 }, (_, i) =>
      row(i / 5000, (i * 7919) % 5000 < i ? 1 : 0),
    );
    const points = rocPoints(cellsOf(rows));
    expect(points.length).toBeLessThanOrEqual(200);
    expect(points.length).toBeGreaterThan(150);
    expect(points.at(-1)).toMatchObject({ fpr: 1, tpr: 1 });
    points.slice(1).forEach((point, index) => {
      expect(point.fpr).toBeGreaterThanOrEqual(points[index]!.fpr);
      expect(point.tpr).toBeGreaterThanOrEqual(points[index]!.tpr);
    });
  });
});

test('a recalibration of many rows by series has the digits of one by passes', () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => {
    const score = (((i * 7919) % 30_011) + 0.5) / 30_012;
    return row(score, (i * 104_729) % 30_013 < 30_013 * score ** 1.3 ? 1 : 0);
  });
  const cells = cellsOf(rows);
  const logits = cells.scores.map((p) => Math.log(p) - Math.log1p(-p));
  for (const at of [
    { a: 0, b: 1 },
    { a: -0.4, b: 0.3 },
    { a: 1.5, b: 2.7 },
  ]) {
    const series = momentsOf(cells, logits)(at);
    const direct = logits.reduce(
      (sums, x, i) => {
        const p = 1 / (1 + Math.exp(-(at.a + at.b * x)));
        return [sums[0]! + cells.labels[i]! - p, sums[1]! + p * (1 - p) * x * x];
      },
      [0, 0],
    );
    expect(series.g[0]).toBeCloseTo(direct[0]!, 7);
    expect(series.h[2] / direct[1]!).toBeCloseTo(1, 12);
  }
  expect(calibration(cells, LEVEL).slope!.interval!.method).toBe('wald');
});

describe('resampling units', () => {
  const sorted = {
    scores: Float64Array.from({ length: 200 }, (_, i) => Math.floor(i / 2) / 100),
    labels: Float64Array.from({ length: 200 }, (_, i) => ((i * 31) % 200 < i ? 1 : 0)),
    units: Float64Array.from({ length: 200 }, (_, i) => Math.floor(i / 4)),
  };
  const cells = cellsOfSorted(sorted) as UnitCells;
  const figures = (drawn: { readonly labels: Float64Array; readonly counts: Float64Array }) => ({
    rate:
      drawn.labels.reduce((sum, label, i) => sum + label * drawn.counts[i]!, 0) /
      drawn.counts.reduce((sum, count) => sum + count, 0),
    sometimes: drawn.counts[0] === 1 ? 1 : undefined,
  });

  test('repeats to the digit, and other rows draw other units', () => {
    const options = { level: LEVEL, replicates: 99 };
    const first = clusterIntervals(cells, figures, options);
    expect(clusterIntervals(cells, figures, options)).toEqual(first);
    const other = { ...cells, labels: cells.labels.map((label) => 1 - label) };
    expect(clusterIntervals(other, figures, options).seed).not.toBe(first.seed);
  });

  test('counts units and gives no interval for a figure that too few draws define', () => {
    const found = clusterIntervals(cells, figures, { level: LEVEL, replicates: 199 });
    expect(found.units).toBe(50);
    expect([...found.intervals.keys()]).toEqual(['rate']);
    expect(found.intervals.get('rate')!.method).toBe('cluster-bootstrap-percentile');
  });
});
