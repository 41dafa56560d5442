// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord, MeasurementContent } from '@countersign/kernel';
import { expect, test } from 'vitest';
import type { TestDraft } from './record-tests.ts';
import { replicate } from './replicated-figures.ts';

const figure = (metric: string, value: string, more: Partial<MeasurementContent> = {}) => ({
  metric,
  value,
  n: 100,
  verdict: 'informational' as const,
  method: 'as tested',
  ...more,
});
const interval = (low: string, high: string) => ({ low, high, level: '0.95', method: 'DeLong' });

function developer(measurements: readonly MeasurementContent[], more: object = {}): CountedRecord {
  const content = { phase: 'development', measurements, ...more };
  const predicate = { type: 'performance-test', content };
  return { digest: 'd1', statement: { predicate } } as unknown as CountedRecord;
}
const again = (measurements: readonly MeasurementContent[], detail: object = {}): TestDraft => ({
  type: 'performance-test',
  content: {
    phase: 'validation',
    data: { description: 'rows', digest: 'x', rows: 100 },
    measurements,
    detail: detail as never,
    conclusion: 'informational',
  },
});
const TOLERANCES = { figures: '0.000000001', byMetric: { ks: '0.01' }, scores: '0.00001' };

test('each number has its line: equal, within its own tolerance, beyond it, and not measured', () => {
  const { figures, reports } = replicate(
    [
      developer([
        figure('auc', '0.8'),
        figure('ks', '0.41'),
        figure('brier', '0.2'),
        figure('gini', '0.6'),
      ]),
    ],
    [again([figure('auc', '0.8'), figure('ks', '0.405'), figure('brier', '0.2000001')])],
    TOLERANCES,
  );
  expect(figures.map((one) => [one.figure, one.difference, one.tolerance, one.agrees])).toEqual([
    ['auc', '0', '0.000000001', true],
    ['ks', '-0.005', '0.01', true],
    ['brier', '1e-7', '0.000000001', false],
    ['gini', undefined, '0.000000001', false],
  ]);
  expect(reports).toEqual([
    { report: 'performance-test', record: 'd1', figures: 4, mismatches: 2 },
  ]);
});

test('an interval or a count that differs is a mismatch although the value is equal', () => {
  const one = figure('auc', '0.8', { interval: interval('0.7', '0.9'), events: 20 });
  const other = figure('auc', '0.8', { interval: interval('0.6', '0.9'), events: 21, n: 101 });
  const { figures } = replicate([developer([one])], [again([other])], TOLERANCES);
  expect(figures).toMatchObject([{ agrees: false, differs: ['interval', 'rows', 'events'] }]);
});

test('figures of one name are held against each other in their order', () => {
  const twice = [figure('auc', '0.8'), figure('auc', '0.7')];
  const same = replicate([developer(twice)], [again(twice)], TOLERANCES);
  expect(same.figures.map(({ agrees }) => agrees)).toEqual([true, true]);
  const swapped = replicate([developer(twice)], [again(twice.toReversed())], TOLERANCES);
  expect(swapped.figures.map(({ agrees }) => agrees)).toEqual([false, false]);
});

test('a figure that is not defined agrees with itself and with nothing else', () => {
  const undefinedFigure = [figure('ks', 'not defined')];
  const same = replicate([developer(undefinedFigure)], [again(undefinedFigure)], TOLERANCES);
  expect(same.figures).toMatchObject([{ agrees: true }]);
  const other = replicate([developer(undefinedFigure)], [again([figure('ks', '0.4')])], TOLERANCES);
  expect(other.figures).toMatchObject([{ agrees: false }]);
});

test('a comparison with a version that another has replaced is said not to be replicated', () => {
  const detail = (warrant: string) => ({ production: { warrant } });
  const record = developer([figure('psi', '0.1')], { detail: detail('one') });
  const { reports, figures } = replicate(
    [record],
    [again([figure('psi', '0.3')], detail('another'))],
    TOLERANCES,
  );
  expect(figures).toEqual([]);
  expect(reports).toMatchObject([{ figures: 1, mismatches: 0 }]);
  expect(reports[0]?.notReplicated).toContain('another has replaced');
});
