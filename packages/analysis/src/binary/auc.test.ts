// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { auc, gini } from './auc.ts';
import { cellsOf } from './cells.ts';

const rows = (positives: readonly number[], negatives: readonly number[]) =>
  cellsOf([
    ...positives.map((score) => ({ score, label: 1 as const })),
    ...negatives.map((score) => ({ score, label: 0 as const })),
  ]);

describe('auc', () => {
  test('gives the DeLong variance worked out by hand', () => {
    // Placements: positives 1/2 and 1, negatives 1 and 1/2; both sample variances 1/8; var = 1/16 + 1/16 = 1/8.
    const area = auc(rows([0.35, 0.8], [0.1, 0.4]), 0.5)!;
    expect(area.value).toBe(0.75);
    const half = 0.6744897501960817 * Math.sqrt(1 / 8);
    expect(area.interval!.low).toBeCloseTo(0.75 - half, 14);
    expect(area.interval!.high).toBeCloseTo(0.75 + half, 14);
  });

  test('counts a tie as half', () => {
    expect(auc(rows([0.5], [0.5]), 0.95)).toEqual({ value: 0.5 });
    // Of 4 pairs: 0.6 beats 0.2 and ties 0.6; 0.2 ties 0.2 and loses to 0.6.
    expect(auc(rows([0.6, 0.2], [0.2, 0.6]), 0.95)!.value).toBe(0.5);
  });

  test('is undefined with one label and has no interval without variance', () => {
    expect(auc(rows([0.1, 0.2], []), 0.95)).toBeUndefined();
    expect(auc(rows([0.8, 0.9], [0.1, 0.2]), 0.95)).toEqual({ value: 1 });
  });

  test('a weight of two is two rows for the estimate', () => {
    const twice = auc(rows([0.4, 0.4, 0.9], [0.5, 0.1]), 0.95)!.value;
    const weighted = cellsOf([
      { score: 0.4, label: 1, weight: 2 },
      { score: 0.9, label: 1 },
      { score: 0.5, label: 0 },
      { score: 0.1, label: 0 },
    ]);
    expect(auc(weighted, 0.95)!.value).toBe(twice);
  });

  test('gini is twice the area less one, interval included', () => {
    const area = auc(rows([0.35, 0.8], [0.1, 0.4]), 0.5)!;
    const scaled = gini(area);
    expect(scaled.value).toBe(0.5);
    expect(scaled.interval!.high - scaled.interval!.low).toBeCloseTo(
      2 * (area.interval!.high - area.interval!.low),
      14,
    );
  });
});
