// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { type AgeCount, kaplanMeier } from './vintages.ts';

// Freireich et al. 1963, 6-mercaptopurine: 21 patients in weeks; the same shape as months on book. Survivor function and
// Greenwood errors as printed in Cox & Oakes, "Analysis of Survival Data", 1984, table 4.1.
const TREATED: readonly AgeCount[] = [
  [6, 3, 4],
  [7, 1, 1],
  [9, 0, 1],
  [10, 1, 2],
  [11, 0, 1],
  [13, 1, 1],
  [16, 1, 1],
  [17, 0, 1],
  [19, 0, 1],
  [20, 0, 1],
  [22, 1, 1],
  [23, 1, 1],
  [25, 0, 1],
  [32, 0, 2],
  [34, 0, 1],
  [35, 0, 1],
].map(([months, events, count]) => ({ months: months!, events: events!, count: count! }));

test('the cumulative event rate is that of Kaplan and Meier on Freireich’s remissions', () => {
  // Ten times as many patients: the same rates, and enough at risk at every age.
  const tenfold = TREATED.map(({ months, events, count }) => ({
    months,
    events: events * 10,
    count: count * 10,
  }));
  const points = kaplanMeier(tenfold, 35, 0.95);
  const survival = (months: number) =>
    1 - points.find((point) => point.months === months)!.rate!.value;
  const printed = [
    [6, 0.857],
    [7, 0.807],
    [10, 0.753],
    [13, 0.69],
    [16, 0.627],
    [22, 0.538],
    [23, 0.448],
  ] as const;
  for (const [months, expected] of printed) expect(survival(months)).toBeCloseTo(expected, 3);
  // Greenwood's error of 0.1068 at 13 weeks shrinks with the root of ten; half the interval on the log-log scale.
  const { interval } = points.find((point) => point.months === 13)!.rate!;
  const error =
    (Math.log(-Math.log(1 - interval!.high)) - Math.log(-Math.log(1 - interval!.low))) /
    (2 * 1.959964);
  const greenwood = error * survival(13) * Math.abs(Math.log(survival(13)));
  expect(greenwood).toBeCloseTo(0.1068 / Math.sqrt(10), 3);
});

test('an age at which fewer than twenty cases are left is not told', () => {
  const points = kaplanMeier(TREATED, 35, 0.95);
  expect(points.map(({ months }) => months)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(points[0]!.rate).toEqual({ value: 0 });
});
