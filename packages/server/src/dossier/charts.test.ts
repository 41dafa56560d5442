// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { ServerError } from '../errors.ts';
import { type ChartSpec, chartAlt, chartSvg } from './charts.ts';

const items = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ label: `input ${index}`, value: index / 10 }));

const CHARTS: readonly ChartSpec[] = [
  {
    kind: 'roc',
    label: 'AUC 0.781',
    points: [
      { fpr: 0, tpr: 0 },
      { fpr: 0.2, tpr: 0.6 },
      { fpr: 1, tpr: 1 },
    ],
  },
  {
    kind: 'calibration',
    bins: [
      { predicted: 0.1, observed: 0.12, low: 0.05, high: 0.2 },
      { predicted: 0.5, observed: 0.45, low: 0.35, high: 0.55 },
    ],
  },
  {
    kind: 'histogram',
    axis: 'Score',
    edges: [0, 0.5, 1],
    series: [
      { name: 'repaid', counts: [5, 1] },
      { name: 'defaulted', counts: [1, 3] },
    ],
  },
  {
    kind: 'ratios',
    axis: 'AIR',
    limit: 0.8,
    limitLabel: 'limit 0.8',
    items: [{ label: 'under 26', value: 0.86, low: 0.71, high: 1.04 }],
  },
  { kind: 'bars', axis: 'PSI', items: items(10) },
  { kind: 'tornado', axis: 'Change', items: [{ label: 'purpose', low: -0.1, high: 0.2 }] },
];

describe.each(CHARTS)('a $kind chart', (chart) => {
  test('is the same bytes every time', () => {
    expect(chartSvg(chart)).toBe(chartSvg(chart));
  });

  test('names its axes or items in the picture and in words', () => {
    const svg = chartSvg(chart);
    const label = 'items' in chart ? (chart.items[0]?.label ?? '') : 'rate';
    const shown = chart.kind === 'histogram' ? chart.axis : label;
    expect(svg).toContain(shown);
    expect(chartAlt(chart)).toContain(shown);
    expect(chartAlt(chart).length).toBeGreaterThan(20);
  });

  test('has no script, no style sheet and no name of a renderer instance', () => {
    const svg = chartSvg(chart);
    expect(svg).not.toMatch(/<script|<style|class=|zr\d/);
  });
});

test('the limit and equality stand beside the ratios', () => {
  const svg = chartSvg(CHARTS[3] ?? { kind: 'bars', axis: '', items: [] });
  expect(svg).toContain('>limit 0.8</text>');
  expect(svg).toContain('>equal</text>');
});

test('markup in a label is printed', () => {
  const label = '<script>&"x"</script>';
  const svg = chartSvg({ kind: 'bars', axis: label, items: [{ label, value: 1 }] });
  expect(svg).not.toContain('<script>');
  expect(svg).toContain('&lt;script&gt;&amp;&quot;x&quot;&lt;/script&gt;');
});

test.each([
  ['without points', { kind: 'roc', label: '', points: [] }],
  [
    'with a number that is not finite',
    { kind: 'bars', axis: '', items: [{ label: 'a', value: Number.NaN }] },
  ],
] as const)('a chart %s is refused', (_, chart) => {
  expect(() => chartSvg(chart)).toThrow(ServerError);
});
