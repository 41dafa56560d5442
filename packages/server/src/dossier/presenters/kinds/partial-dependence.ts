// SPDX-License-Identifier: Apache-2.0
import type { LineSeries } from '../../charts/spec.ts';
import type { Block } from '../../document.ts';
import {
  type DossierRecord,
  type Fields,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { figureCell } from './figure-cell.ts';
import { inputBars } from './input-bars.ts';
import type { KindPresenter } from './kind-blocks.ts';

// A page holds three; more inputs than this are in the table of figures alone.
const CURVES_MAX = 12;

/** The mean score as each input takes each value, between the tenth and the ninetieth percentile of the rows' own scores. */
export const dependenceBlocks: KindPresenter = (detail, record) => {
  const curves = [...rowsOf(detail.curves)].sort((a, b) => rangeOf(b) - rangeOf(a));
  return curves.slice(0, CURVES_MAX).flatMap((curve) => curveFigure(curve, record));
};

function rangeOf(curve: Fields): number {
  const means = rowsOf(curve.points).flatMap((point) => numberOf(point.mean) ?? []);
  return means.length === 0 ? 0 : Math.max(...means) - Math.min(...means);
}

function curveFigure(curve: Fields, record: DossierRecord): readonly Block[] {
  const points = rowsOf(curve.points);
  if (points.length < 2) return [];
  const input = textOf(curve.input) ?? '';
  if (textOf(curve.axis) === 'category') return levelBlocks(input, points, record);
  const places = points.map((point) => numberOf(point.value));
  if (places.includes(undefined)) return [];
  const line = (name: string, key: 'mean' | 'low' | 'high'): LineSeries => ({
    name,
    points: points.map((point, at) => ({ x: places[at] ?? at, y: numberOf(point[key]) ?? null })),
  });
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: input },
        y: { title: 'Score' },
        series: [
          line('mean', 'mean'),
          line('10th percentile of rows', 'low'),
          line('90th percentile of rows', 'high'),
        ],
      },
      caption: `Score as ${input} takes each value, all else as it is in each row`,
      cite: record.digest,
    },
  ];
}

/** Levels have names that no axis below a plot has room for. */
function levelBlocks(
  input: string,
  points: readonly Fields[],
  record: DossierRecord,
): readonly Block[] {
  const caption = `Score as ${input} takes each level, all else as it is in each row`;
  return [
    ...inputBars(
      points.map((point) => ({ label: textOf(point.value) ?? '', value: numberOf(point.mean) })),
      { axis: 'Mean score', caption, record },
    ),
    ...tableBlock(
      [
        'Level',
        { title: 'Mean', ...NUMBER },
        { title: '10th percentile of rows', ...NUMBER },
        { title: '90th percentile of rows', ...NUMBER },
      ],
      points.map((point) => [
        textOf(point.value),
        figureCell(point.mean),
        figureCell(point.low),
        figureCell(point.high),
      ]),
      { caption: `Score by level of ${input}`, cite: record.digest },
    ),
  ];
}
