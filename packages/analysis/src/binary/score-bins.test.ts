// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { calibration } from './calibration.ts';
import { cellsOf, type ScoredRow } from './cells.ts';
import { kolmogorovSmirnov } from './ks.ts';
import { brier, logLoss } from './mean-loss.ts';
import { brierParts, calibrationGap, scoreBins } from './score-bins.ts';

const rows: readonly ScoredRow[] = Array.from({ length: 97 }, (_, index) => ({
  score: ((index * 37) % 89) / 100,
  label: (index * 53) % 97 < (index * 37) % 89 ? 1 : 0,
}));

describe('score bins', () => {
  test('hold every row once, ascending, ties together', () => {
    const bins = scoreBins(cellsOf(rows), 10, 0.95);
    expect(bins.reduce((sum, bin) => sum + bin.n, 0)).toBe(rows.length);
    bins.forEach((bin, index) => {
      if (index > 0) expect(bin.low).toBeGreaterThan(bins[index - 1]!.high);
    });
  });

  test('are fewer than asked when scores repeat', () => {
    const repeated = cellsOf(rows.map((row) => ({ ...row, score: 0.5 })));
    expect(scoreBins(repeated, 10, 0.95)).toHaveLength(1);
  });

  test('take the Brier score apart exactly', () => {
    const cells = cellsOf(rows);
    const parts = brierParts(cells, 10);
    const sum =
      parts.reliability -
      parts.resolution +
      parts.uncertainty +
      parts.withinVariance -
      parts.withinCovariance;
    expect(sum).toBeCloseTo(brier(cells, 0.95)!.value, 14);
  });

  test('have no gap when every bin is calibrated', () => {
    const calibrated = [0.25, 0.5].flatMap((score) =>
      [0, 1, 2, 3].map((place) => ({
        score,
        label: place < score * 4 ? (1 as const) : (0 as const),
      })),
    );
    expect(calibrationGap(scoreBins(cellsOf(calibrated), 2, 0.95))).toBe(0);
  });
});

describe('losses and calibration', () => {
  test('of a perfect calibration are intercept 0 and slope 1', () => {
    const perfect = [0.2, 0.4, 0.8].flatMap((score) =>
      [0, 1, 2, 3, 4].map((place) => ({
        score,
        label: place < score * 5 ? (1 as const) : (0 as const),
      })),
    );
    const fit = calibration(cellsOf(perfect), 0.95);
    expect(fit.intercept!.value).toBeCloseTo(0, 12);
    expect(fit.slope!.value).toBeCloseTo(1, 12);
  });

  test('have no slope when the labels are separated or the scores equal', () => {
    const separated = cellsOf(
      [0.1, 0.2, 0.8, 0.9].map((score) => ({ score, label: score > 0.5 ? 1 : 0 })),
    );
    expect(calibration(separated, 0.95).slope).toBeUndefined();
    const equal = cellsOf(
      [0, 1, 0, 1].map((label) => ({ score: 0.3, label: label === 1 ? 1 : 0 })),
    );
    const fit = calibration(equal, 0.95);
    expect(fit.slope).toBeUndefined();
    expect(fit.intercept!.value).toBeCloseTo(Math.log(0.7 / 0.3), 12);
  });

  test('stay finite for a certain score that is wrong', () => {
    const cells = cellsOf([
      { score: 0, label: 1 },
      { score: 1, label: 1 },
    ]);
    expect(logLoss(cells, 0.95)!.value).toBeCloseTo((24 * Math.LN2) / 2, 6);
  });

  test('KS names the score where the distributions part most', () => {
    const cells = cellsOf([
      { score: 0.1, label: 0 },
      { score: 0.2, label: 0 },
      { score: 0.3, label: 1 },
      { score: 0.4, label: 0 },
      { score: 0.5, label: 1 },
    ]);
    const ks = kolmogorovSmirnov(cells, 0.95)!;
    expect(ks.value).toBeCloseTo(2 / 3, 14);
    expect(ks.at).toBe(0.2);
  });
});
