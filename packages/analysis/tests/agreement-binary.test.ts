// SPDX-License-Identifier: Apache-2.0
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  averagePrecision,
  brier,
  calibration,
  cellsOf,
  expectedCost,
  hosmerLemeshow,
  kolmogorovSmirnov,
  leastCost,
  outcomeRates,
  outcomesAt,
  rocPoints,
  scoreBands,
  scoreBins,
} from '../src/index.ts';
import { criticalValue } from '../src/numeric/normal.ts';
import { generatedRows, printedSeed, seededNumbers } from './agreement/generated-rows.ts';
import { preparedEnvironment, referenceFigures } from './agreement/python-reference.ts';

const INSTALL_TIMEOUT_MS = 900_000;
const LEVEL = 0.95;
const CUTOFF = { cutoff: '0.2', adverseWhen: 'at-or-above' } as const;
const COSTS = { falsePositive: 1, falseNegative: 6 };
const pair = z.tuple([z.number(), z.number()]);
const list = z.array(z.number());

const figures = z.object({
  ties: z.object({
    average_precision: z.number(),
    average_precision_weighted: z.number(),
    sensitivity_weighted: z.number(),
    precision_weighted: z.number(),
    masses: list,
    rates: z.record(z.string(), pair),
    brier_weighted: pair,
    cost: pair,
    cost_weighted: pair,
    least_cost: pair,
    slope_weighted: pair,
    ks_weighted: z.number(),
    roc: z.tuple([list, list, list]),
    bands: z.object({ n: list, events: list, lift: list, captured: list, reached: list }),
  }),
  distinct: pair,
});

const random = seededNumbers(printedSeed('agreement of binary figures'));
const rows = generatedRows(900, random);
const distinct = Array.from({ length: 500 }, () => {
  const score = 0.02 + 0.9 * random();
  return { score, label: random() < score ? (1 as const) : (0 as const) };
});

describe('binary figures beside scikit-learn, statsmodels and SciPy', () => {
  let expected: z.infer<typeof figures>;
  const plain = cellsOf(rows.map(({ score, label }) => ({ score, label })));
  const weighted = cellsOf(rows.map(({ score, label, weight }) => ({ score, label, weight })));

  beforeAll(() => {
    preparedEnvironment();
    expected = figures.parse(
      referenceFigures(
        {
          ties: {
            score: rows.map(({ score }) => score),
            label: rows.map(({ label }) => label),
            weight: rows.map(({ weight }) => weight),
            cutoff: 0.2,
            costs: [COSTS.falsePositive, COSTS.falseNegative],
          },
          distinct: {
            score: distinct.map(({ score }) => score),
            label: distinct.map(({ label }) => label),
          },
        },
        'binary_reference.py',
      ),
    );
  }, INSTALL_TIMEOUT_MS);

  test('average precision is that of scikit-learn, with and without weights', () => {
    const { ties } = expected;
    expect(averagePrecision(plain, LEVEL)!.value).toBeCloseTo(ties.average_precision, 12);
    expect(averagePrecision(weighted, LEVEL)!.value).toBeCloseTo(
      ties.average_precision_weighted,
      12,
    );
  });

  test('weighted rates are those of scikit-learn, their spread that of weighted least squares', () => {
    const outcomes = outcomesAt(weighted, CUTOFF);
    const masses = [
      outcomes.truePositives,
      outcomes.falsePositives,
      outcomes.trueNegatives,
      outcomes.falseNegatives,
    ].map(({ mass }) => mass);
    expect(masses).toEqual(expected.ties.masses);
    const rates = outcomeRates(outcomes, LEVEL);
    expect(rates.sensitivity!.value).toBeCloseTo(expected.ties.sensitivity_weighted, 12);
    expect(rates.precision!.value).toBeCloseTo(expected.ties.precision_weighted, 12);
    const z = criticalValue(LEVEL);
    for (const [name, [value, error]] of Object.entries(expected.ties.rates)) {
      const rate = rates[name as keyof typeof rates]!;
      expect(rate.value, name).toBeCloseTo(value, 12);
      // Wilson's interval at the size that gives this error.
      const size = (value * (1 - value)) / error ** 2;
      const centre = (value + z ** 2 / (2 * size)) / (1 + z ** 2 / size);
      const half =
        (z / (1 + z ** 2 / size)) *
        Math.sqrt((value * (1 - value)) / size + z ** 2 / (4 * size ** 2));
      expect(rate.interval!.low, name).toBeCloseTo(centre - half, 10);
      expect(rate.interval!.high, name).toBeCloseTo(centre + half, 10);
    }
  });

  test('the weighted Brier score, cost per row and recalibration have the errors of statsmodels', () => {
    const z = criticalValue(LEVEL);
    const within = (
      estimate: { value: number; interval?: { low: number; high: number } } | undefined,
      [value, error]: readonly [number, number],
    ) => {
      expect(estimate!.value).toBeCloseTo(value, 10);
      expect((estimate!.interval!.high - estimate!.interval!.low) / (2 * z)).toBeCloseTo(error, 10);
    };
    within(brier(weighted, LEVEL), expected.ties.brier_weighted);
    within(expectedCost(outcomesAt(plain, CUTOFF), COSTS, LEVEL), expected.ties.cost);
    within(expectedCost(outcomesAt(weighted, CUTOFF), COSTS, LEVEL), expected.ties.cost_weighted);
    const slope = calibration(weighted, LEVEL).slope!;
    expect(slope.value).toBeCloseTo(expected.ties.slope_weighted[0], 9);
    expect((slope.interval!.high - slope.interval!.low) / (2 * z)).toBeCloseTo(
      expected.ties.slope_weighted[1],
      8,
    );
  });

  test('the cheapest cutoff is the one that trying all of them finds', () => {
    const found = leastCost(plain, COSTS, 'at-or-above')!;
    expect(found.costPerRow).toBeCloseTo(expected.ties.least_cost[1], 12);
    expect(found.cutoff).toBe(expected.ties.least_cost[0]);
  });

  test('weighted KS and every point of the ROC curve are those of scikit-learn', () => {
    expect(kolmogorovSmirnov(weighted, LEVEL)!.value).toBeCloseTo(expected.ties.ks_weighted, 12);
    const [fpr, tpr, thresholds] = expected.ties.roc;
    const points = rocPoints(plain, 10_000);
    expect(points.map((point) => point.score).slice(1)).toEqual(thresholds);
    points.forEach((point, index) => {
      expect(point.fpr).toBeCloseTo(fpr[index]!, 12);
      expect(point.tpr).toBeCloseTo(tpr[index]!, 12);
    });
  });

  test('bands, lift and cumulative gains are those of pandas', () => {
    const bands = scoreBands(plain, { edges: [0.1, 0.25, 0.5] }, LEVEL);
    const { bands: table } = expected.ties;
    expect(bands.map(({ n }) => n)).toEqual(table.n);
    expect(bands.map(({ events }) => events)).toEqual(table.events);
    bands.forEach((band, index) => {
      expect(band.lift).toBeCloseTo(table.lift[index]!, 12);
      expect(band.captured.value).toBeCloseTo(table.captured[index]!, 12);
      expect(band.reached).toBeCloseTo(table.reached[index]!, 12);
    });
  });

  test('Hosmer–Lemeshow is its definition over ten groups, the tail that of SciPy', () => {
    const found = hosmerLemeshow(scoreBins(cellsOf(distinct), 10, LEVEL))!;
    expect(found.statistic).toBeCloseTo(expected.distinct[0], 9);
    expect(found.pValue).toBeCloseTo(expected.distinct[1], 9);
  });
});
