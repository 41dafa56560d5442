// SPDX-License-Identifier: Apache-2.0
import type { LineSeries } from '../../charts/spec.ts';
import type { Block } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Predicted and actual rates over tenths of the exposure, double lift, and the ordered Lorenz curve. */
export const insuranceBlocks: KindPresenter = (detail, record) => {
  const lift = rowsOf(detail.lift);
  const double = rowsOf(detail.double_lift);
  return [
    ...about(detail, record),
    ...ratesFigure(
      lift,
      'Predicted and actual rate in tenths of the exposure by rising prediction',
      record,
    ),
    ...tenthsTable(lift, 'Actual over expected in tenths of the exposure', record),
    ...ratesFigure(
      double,
      'Double lift: tenths of the exposure by rising prediction over the second one',
      record,
    ),
    ...tenthsTable(double, 'Double lift', record),
    ...lorenzFigure(detail, record),
  ];
};

function about(detail: Fields, record: DossierRecord): readonly Block[] {
  const exposure = fieldsOf(detail.exposure);
  return factsBlock(
    [
      ['Family', detail.family],
      ['Power of the variance', detail.power],
      ['Exposure', exposure.column ?? 'one for each row'],
      ['Sum of exposure', measuredCell(textOf(exposure.total) ?? '').text],
      ['Second prediction', detail.against],
      ['Premium of the Lorenz curve', detail.premium],
    ],
    record.digest,
  );
}

function ratesFigure(
  tenths: readonly Fields[],
  caption: string,
  record: DossierRecord,
): readonly Block[] {
  if (tenths.length < 2) return [];
  const series = [
    seriesOf('Actual', 'actual', tenths),
    seriesOf('Predicted', 'predicted', tenths),
    seriesOf('Second prediction', 'against', tenths),
  ].flatMap((one) => one ?? []);
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: 'Tenth of the exposure', categories: tenths.map((_, at) => String(at + 1)) },
        y: { title: 'Rate per unit of exposure' },
        series,
      },
      caption,
      cite: record.digest,
    },
  ];
}

function seriesOf(name: string, member: string, tenths: readonly Fields[]): LineSeries | undefined {
  const points = tenths.map((row, x) => ({ x, y: numberOf(row[member]) ?? null }));
  return points.some(({ y }) => y !== null) ? { name, points } : undefined;
}

function tenthsTable(
  tenths: readonly Fields[],
  caption: string,
  record: DossierRecord,
): readonly Block[] {
  const shown = (value: Fields[string] | undefined) => measuredCell(textOf(value) ?? '');
  const isCompared = tenths.some(({ against }) => against !== undefined);
  return tableBlock(
    [
      { title: 'Tenth', ...NUMBER },
      { title: 'Rows', ...NUMBER },
      { title: 'Exposure', ...NUMBER },
      { title: 'Predicted', ...NUMBER },
      ...(isCompared ? [{ title: 'Second prediction', ...NUMBER }] : []),
      { title: 'Actual', ...NUMBER },
      { title: 'Actual over expected', ...NUMBER },
    ],
    tenths.map((row, at) => [
      String(at + 1),
      shown(row.n),
      shown(row.exposure),
      shown(row.predicted),
      ...(isCompared ? [shown(row.against)] : []),
      shown(row.actual),
      ratioCell(row),
    ]),
    { caption, cite: record.digest },
  );
}

function ratioCell(row: Fields) {
  const [value, low, high] = [row.ratio, row.ratio_low, row.ratio_high].map(
    (one) => measuredCell(textOf(one) ?? '').text,
  );
  return low === '' || high === '' ? (value ?? '') : `${value} (${low} to ${high})`;
}

function lorenzFigure(detail: Fields, record: DossierRecord): readonly Block[] {
  const points = rowsOf(detail.lorenz).flatMap(({ premium, loss }) => {
    const [x, y] = [numberOf(premium), numberOf(loss)];
    return x === undefined || y === undefined ? [] : [{ x, y }];
  });
  if (points.length < 3) return [];
  const weighed = detail.premium === undefined ? 'exposure' : 'premium';
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: `Share of ${weighed}, by rising relativity`, min: 0, max: 1 },
        y: { title: 'Share of actual amounts', min: 0, max: 1 },
        series: [{ name: 'Ordered Lorenz curve', points }],
        diagonal: true,
      },
      caption: `Ordered Lorenz curve: share of actual amounts against share of ${weighed}; on the diagonal the order says nothing`,
      cite: record.digest,
    },
  ];
}
