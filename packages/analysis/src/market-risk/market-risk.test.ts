// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { binomialCdf } from '../numeric/beta.ts';
import { baselZone } from './basel-zones.ts';
import {
  conditionalCoverage,
  independence,
  proportionOfFailures,
  transitionsOf,
} from './coverage-tests.ts';

// Non-rejection regions at 95 %, Kupiec 1995, as printed in Jorion, Value at Risk, 3rd ed. 2006, table 6-2: exceptions
// strictly between these numbers in so many days; the table prints the upper end alone where there is no lower one.
const REGIONS = [
  { tail: 0.01, days: 255, between: [undefined, 7] },
  { tail: 0.01, days: 510, between: [1, 11] },
  { tail: 0.01, days: 1000, between: [4, 17] },
  { tail: 0.025, days: 255, between: [2, 12] },
  { tail: 0.025, days: 510, between: [6, 21] },
  { tail: 0.025, days: 1000, between: [15, 36] },
  { tail: 0.05, days: 255, between: [6, 21] },
  { tail: 0.05, days: 510, between: [16, 36] },
  { tail: 0.05, days: 1000, between: [37, 65] },
  { tail: 0.075, days: 255, between: [11, 28] },
  { tail: 0.075, days: 510, between: [27, 51] },
  { tail: 0.075, days: 1000, between: [59, 92] },
  { tail: 0.1, days: 255, between: [16, 36] },
  { tail: 0.1, days: 510, between: [38, 65] },
  { tail: 0.1, days: 1000, between: [81, 120] },
] as const;

describe('proportion of failures', () => {
  test.each(REGIONS)('$days days at $tail: the published region is not rejected', (region) => {
    const { tail, days, between } = region;
    const kept = Array.from({ length: 200 }, (_, count) => count).filter(
      (count) => proportionOfFailures(count, days, tail).pValue > 0.05,
    );
    if (between[0] !== undefined) expect(kept[0]).toBe(between[0] + 1);
    expect(kept.at(-1)).toBe(between[1] - 1);
  });

  test('rejects a right forecast at the rate that the binomial distribution gives its region', () => {
    const [days, tail] = [1000, 0.05];
    let chance = 0;
    for (let count = 0; count <= days; count += 1) {
      const probability = binomialCdf(count, days, tail) - binomialCdf(count - 1, days, tail);
      if (proportionOfFailures(count, days, tail).pValue <= 0.05) chance += probability;
    }
    expect(chance).toBeGreaterThan(0.035);
    expect(chance).toBeLessThan(0.06);
  });
});

describe('independence', () => {
  test('exceptions on end are told from the same number apart', () => {
    const apart = Array.from({ length: 500 }, (_, day) => day % 50 === 0);
    const onEnd = Array.from({ length: 500 }, (_, day) => day >= 200 && day < 210);
    expect(independence(transitionsOf(apart))?.pValue).toBeGreaterThan(0.5);
    expect(independence(transitionsOf(onEnd))?.pValue).toBeLessThan(1e-6);
  });

  test('both tests add up but for the first day', () => {
    const hits = Array.from({ length: 400 }, (_, day) => day % 37 === 5 || day % 91 === 6);
    const rest = hits.slice(1);
    const both = conditionalCoverage(transitionsOf(hits), 0.01)!.statistic;
    const parts =
      proportionOfFailures(rest.filter(Boolean).length, rest.length, 0.01).statistic +
      independence(transitionsOf(hits))!.statistic;
    expect(both).toBeCloseTo(parts, 10);
  });

  test('is not defined where no exception was followed by a day', () => {
    expect(independence(transitionsOf([false, false, true]))).toBeUndefined();
  });
});

describe('supervisory zones', () => {
  // Cumulative probabilities in per cent for 250 days at 99 %: table 2 of the framework of January 1996.
  const CUMULATIVE = [8.11, 28.58, 54.32, 75.81, 89.22, 95.88, 98.63, 99.6, 99.89, 99.97, 99.99];
  const ZONES = [...Array(5).fill('green'), ...Array(5).fill('yellow'), 'red'];
  const ADDED = [0, 0, 0, 0, 0, 0.4, 0.5, 0.65, 0.75, 0.85, 1];

  test.each(CUMULATIVE.map((percent, count) => [count, percent] as const))(
    '%i exceptions in 250 days have the probability %d, the zone and the multiplier of the table',
    (count, percent) => {
      const found = baselZone(count, 250, 0.01);
      expect(found.cumulative * 100).toBeCloseTo(percent, 1);
      expect(found.zone).toBe(ZONES[count]);
      expect(Number(found.multipliers?.framework1996)).toBe(3 + ADDED[count]!);
    },
  );

  test('other windows have a zone by the same probabilities and no multiplier', () => {
    expect(baselZone(12, 500, 0.01)).toMatchObject({ zone: 'yellow' });
    expect(baselZone(12, 500, 0.01).multipliers).toBeUndefined();
    expect(baselZone(40, 250, 0.01)).toMatchObject({ zone: 'red', multipliers: { mar32: '2' } });
  });
});
