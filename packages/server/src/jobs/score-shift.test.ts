// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { type ComparedRow, shiftMeasurements, swapCounts } from './score-shift.ts';

const row = (before: number | undefined, after: number | undefined): ComparedRow => ({
  ...(before === undefined ? {} : { before: { score: before, isAdverse: before >= 0.5 } }),
  ...(after === undefined ? {} : { after: { score: after, isAdverse: after >= 0.5 } }),
});
// Ten cases, five a region. North: approvals 4 of 5, then 3 of 5. South: 2 of 4, then 2 of 5.
const ROWS = [
  ...[row(0.1, 0.1), row(0.2, 0.2), row(0.3, 0.4), row(0.4, 0.6), row(0.9, 0.9)],
  ...[row(0.1, 0.1), row(0.4, 0.6), row(0.7, 0.4), row(0.8, 0.8), row(undefined, 0.9)],
];
const REGION = {
  name: 'region',
  groups: [...Array(5).fill('north'), ...Array(5).fill('south')],
  reference: 'north',
};
const figures = (dropped: readonly string[] = []) =>
  Object.fromEntries(
    shiftMeasurements(ROWS, [REGION], { comparedBy: ['region'], dropped }).map((one) => [
      [one.metric, one.segment, one.group].filter(Boolean).join('/'),
      one,
    ]),
  );

test('swap set, score shift and disparity are those reckoned by hand', () => {
  expect(swapCounts(ROWS)).toEqual({
    rows: 10,
    toAdverse: 2,
    toFavourable: 1,
    refusedByOne: 1,
    refusedByBoth: 0,
  });
  const found = figures();
  // (0.1 + 0.2 + 0.2 + 0.3) / 9
  expect(found.score_shift).toMatchObject({ value: '0.0888888888889', n: 9 });
  expect(found.swap_set_share).toMatchObject({ value: '0.4', events: 4, n: 10 });
  expect(found['swap_set_share/region=north']).toMatchObject({ value: '0.2', events: 1, n: 5 });
  expect(found['swap_set_share/region=south']).toMatchObject({ value: '0.6', events: 3, n: 5 });
  // 0.5 / 0.8 = 0.625 and 0.4 / 0.6 = 0.6667
  expect(found['approval_ratio_change/region=south']).toMatchObject({ value: '0.0416666666667' });
  expect(found.disparity_change?.value).toBe('0.0416666666667');
});

test('a protected attribute that is declared no more leaves the disparity unmeasured', () => {
  expect(figures(['age']).disparity_change?.value).toBe('not defined');
});
