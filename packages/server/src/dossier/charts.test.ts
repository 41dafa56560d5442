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
  {
    kind: 'lines',
    x: { title: 'Quarter', categories: ['2016-Q1', '2016-Q2', '2016-Q3'] },
    y: { title: 'Default rate', min: 0 },
    series: [
      { name: 'predicted', points: [0.1, 0.12, 0.11].map((y, x) => ({ x, y })) },
      {
        name: 'realised',
        points: [
          { x: 0, y: 0.09, low: 0.07, high: 0.11 },
          { x: 1, y: null },
          { x: 2, y: 0.14, low: 0.12, high: 0.16 },
        ],
      },
    ],
    limits: [{ label: 'limit 0.15', value: 0.15 }],
    bands: [
      { label: 'green', to: 0.12, tone: 'good' },
      { label: 'amber', from: 0.12, to: 0.15, tone: 'watch' },
      { label: 'red', from: 0.15, tone: 'bad' },
    ],
  },
  {
    kind: 'lines',
    x: { title: 'Share of policies', min: 0, max: 1 },
    y: { title: 'Share of losses', min: 0, max: 1 },
    series: [
      {
        name: 'ordered by price',
        points: [0, 0.25, 0.5, 0.75, 1].map((x) => ({ x, y: x * x })),
      },
    ],
    diagonal: true,
  },
  {
    kind: 'scatter',
    x: { title: 'Approval ratio' },
    y: { title: 'AUC' },
    groups: [
      {
        name: 'tried',
        points: [
          { x: 0.7, y: 0.71 },
          { x: 0.8, y: 0.72 },
        ],
      },
      { name: 'frontier', isJoined: true, points: [{ x: 0.82, y: 0.75, label: 'chosen' }] },
    ],
    limits: [{ axis: 'x', label: 'limit 0.8', value: 0.8 }],
  },
];

describe.each(CHARTS)('a $kind chart', (chart) => {
  test('is the same bytes every time', () => {
    expect(chartSvg(chart)).toBe(chartSvg(chart));
  });

  test('names its axes or items in the picture and in words', () => {
    const svg = chartSvg(chart);
    const label = 'items' in chart ? (chart.items[0]?.label ?? '') : 'rate';
    const titled = 'y' in chart ? chart.y.title : label;
    const shown = chart.kind === 'histogram' ? chart.axis : titled;
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
