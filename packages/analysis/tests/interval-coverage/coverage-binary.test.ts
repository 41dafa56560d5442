// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { performanceFigures } from '../../src/binary/performance-findings.ts';
import {
  type Cells,
  cellsOf,
  cellsOfSorted,
  type Interval,
  kolmogorovSmirnov,
} from '../../src/index.ts';
import { type CoverageTrial, coverageOf } from './coverage-of.ts';

/*
 * A world whose every figure is known: risk p uniform on (0, 1), label 1 with probability p. Scores of positives have the
 * density 2p, of negatives 2(1 − p). With the score p itself, AUC is 5/6, KS 1/2, the Brier score 1/6, the slope 1, the
 * event rate 1/2, sensitivity and precision at 1/2 are 3/4; average precision is the integral of 2p·(1 + p)/2 = 5/6.
 */
const TRUTH: Readonly<Record<string, number>> = {
  auc: 5 / 6,
  gini: 2 / 3,
  average_precision: 5 / 6,
  brier: 1 / 6,
  log_loss: 0.5,
  calibration_intercept: 0,
  calibration_slope: 1,
  event_rate: 0.5,
  sensitivity: 0.75,
  specificity: 0.75,
  precision: 0.75,
  accuracy: 0.75,
  adverse_rate: 0.5,
  expected_cost: 0.75,
};
const LEVEL = 0.95;
const CUTOFF = { cutoff: '0.5', adverseWhen: 'at-or-above' } as const;
// A false positive and a false negative each have probability 1/8.
const COSTS = { falsePositive: 1, falseNegative: 5 };
const SEED = 20_261_123;

type Draw = (random: () => number) => Readonly<Record<string, Interval | undefined>>;

function intervalsOf(
  cells: Cells,
  options: Omit<Parameters<typeof performanceFigures>[1], 'level' | 'cutoff' | 'costs'> = {},
) {
  const { findings } = performanceFigures(cells, {
    level: LEVEL,
    cutoff: CUTOFF,
    costs: COSTS,
    ...options,
  });
  return Object.fromEntries(findings.map(({ metric, estimate }) => [metric, estimate?.interval]));
}

/** Shares of draws whose interval holds the truth, by metric, all from the same draws. */
async function coverages(tries: number, draw: Draw) {
  const held = new Map<string, CoverageTrial[]>();
  await coverageOf({ tries, seed: SEED, level: LEVEL }, (random) => {
    const intervals = draw(random);
    for (const [metric, truth] of Object.entries(TRUTH)) {
      held.set(metric, [...(held.get(metric) ?? []), { interval: intervals[metric], truth }]);
    }
    return { interval: undefined, truth: 0 };
  });
  const found: Record<string, Awaited<ReturnType<typeof coverageOf>>> = {};
  for (const [metric, trials] of held) {
    let next = 0;
    found[metric] = await coverageOf({ tries, seed: SEED, level: LEVEL }, () => trials[next++]!);
  }
  return found;
}

const drawRow = (random: () => number) => {
  const score = random();
  return { score, label: random() < score ? (1 as const) : (0 as const) };
};

describe('intervals at 95 % over independent rows', () => {
  test('hold the truth in about 95 % of draws, for every figure that is no maximum', async () => {
    const found = await coverages(800, (random) =>
      intervalsOf(cellsOf(Array.from({ length: 300 }, () => drawRow(random)))),
    );
    for (const [metric, { share, chance, undefinedTries }] of Object.entries(found)) {
      expect(undefinedTries, metric).toBe(0);
      expect(Math.abs(share - LEVEL), `${metric} ${share}`).toBeLessThan(chance);
    }
  });

  test('KS, a maximum and so too high in small samples, still holds it in over 90 % at 1500 rows', async () => {
    const trials = await coverageOf({ tries: 300, seed: SEED, level: LEVEL }, (random) => {
      const cells = cellsOf(Array.from({ length: 1500 }, () => drawRow(random)));
      return { interval: kolmogorovSmirnov(cells, LEVEL)?.interval, truth: 0.5 };
    });
    expect(trials.undefinedTries).toBe(0);
    expect(trials.share).toBeGreaterThan(0.9);
  });

  test('do so with weights that depend on the label, as of a sample that took more of one', async () => {
    // Two positives kept of three, weighted 3/2; every negative kept: the weighted world is the whole one.
    const found = await coverages(800, (random) => {
      const rows = Array.from({ length: 360 }, () => drawRow(random))
        .filter(({ label }) => label === 0 || random() < 2 / 3)
        .map((row) => ({ ...row, weight: row.label === 1 ? 1.5 : 1 }));
      return intervalsOf(cellsOf(rows), { weighted: true });
    });
    for (const [metric, { share, chance }] of Object.entries(found)) {
      expect(Math.abs(share - LEVEL), `${metric} ${share}`).toBeLessThan(chance);
    }
  });
});

describe('intervals at 95 % where each borrower stands in four rows alike', () => {
  const drawUnits = (random: () => number, units: number) => {
    const rows = Array.from({ length: units }, (_, unit) => ({ ...drawRow(random), unit })).sort(
      (a, b) => a.score - b.score,
    );
    const four = rows.flatMap((row) => [row, row, row, row]);
    return {
      scores: Float64Array.from(four, ({ score }) => score),
      labels: Float64Array.from(four, ({ label }) => label),
      units: Float64Array.from(four, ({ unit }) => unit),
    };
  };

  test('hold the truth when units are resampled', async () => {
    const found = await coverages(150, (random) => {
      const rows = drawUnits(random, 80);
      const plain = cellsOfSorted({ scores: rows.scores, labels: rows.labels });
      const cells = { ...cellsOfSorted(rows), units: cellsOfSorted(rows).units! };
      return intervalsOf(plain, { clusters: { cells, replicates: 199 } });
    });
    for (const [metric, { share, chance }] of Object.entries(found)) {
      // Percentiles of 80 units lose a point or two; four standard errors of the draws besides.
      expect(share, `${metric} ${share}`).toBeGreaterThan(LEVEL - 0.02 - chance);
    }
  });

  test('miss it far too often when rows are taken as independent', async () => {
    const found = await coverages(150, (random) => {
      const { scores, labels } = drawUnits(random, 80);
      return intervalsOf(cellsOfSorted({ scores, labels }));
    });
    for (const [metric, { share }] of Object.entries(found)) {
      expect(share, `${metric} ${share}`).toBeLessThan(0.8);
    }
  });
});
