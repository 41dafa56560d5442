// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { printedSeed, seededNumbers } from '../../tests/agreement/generated-rows.ts';
import { alarmLevel } from './alarm-level.ts';
import { nullQuantile, populationStability } from './psi.ts';

describe('population stability', () => {
  test('is zero for equal shares and worked out by hand for two bins', () => {
    expect(populationStability([50, 50], [50, 50])!.value).toBe(0);
    // Shares (30.5/101, 70.5/101) and (60.5/101, 40.5/101): difference ±30/101.
    const value = (30 / 101) * Math.log(60.5 / 30.5) + (-30 / 101) * Math.log(40.5 / 70.5);
    expect(populationStability([30, 70], [60, 40])!.value).toBeCloseTo(value, 14);
  });

  test('ignores bins that nobody is in, and counts one that only one side is in', () => {
    const plain = populationStability([30, 70], [60, 40])!;
    expect(populationStability([30, 70, 0], [60, 40, 0])!.value).toBe(plain.value);
    const unseen = populationStability([30, 70, 0], [30, 50, 20])!;
    expect(unseen.degrees).toBe(2);
    expect(unseen.contributions[2]).toBeGreaterThan(0.5);
  });

  test('contributions add up to the index', () => {
    const { value, contributions } = populationStability([10, 20, 30, 40], [40, 30, 20, 10])!;
    expect(contributions.reduce((sum, part) => sum + part, 0)).toBeCloseTo(value, 14);
  });

  test('is undefined against no rows', () => {
    expect(populationStability([1, 2], [0, 0])).toBeUndefined();
  });

  test('exceeds its null quantile about as often as promised when nothing changes', () => {
    const random = seededNumbers(printedSeed('psi null'));
    const draw = (n: number) => {
      const counts = new Array<number>(10).fill(0);
      for (let i = 0; i < n; i += 1) counts[Math.floor(random() * 10)]! += 1;
      return counts;
    };
    const runs = 2000;
    let exceeded = 0;
    for (let run = 0; run < runs; run += 1) {
      const shift = populationStability(draw(1000), draw(400))!;
      if (shift.value > nullQuantile(shift, 0.05)) exceeded += 1;
    }
    // 0.05 ± five standard errors of 2,000 draws, and room for the chi-squared approximation.
    expect(exceeded / runs).toBeGreaterThan(0.02);
    expect(exceeded / runs).toBeLessThan(0.085);
  });

  test('yearly false alarms are shared out over columns and windows', () => {
    const alpha = alarmLevel({ falseAlarmsPerYear: '1', window: '30d', columns: 9 });
    expect(alpha * 9 * (365.25 / 30)).toBeCloseTo(1, 12);
    expect(alarmLevel({ falseAlarmsPerYear: '1000', window: '1y', columns: 1 })).toBe(0.05);
    expect(() => alarmLevel({ falseAlarmsPerYear: '1', window: 'soon', columns: 1 })).toThrow(
      /30d/,
    );
  });
});
