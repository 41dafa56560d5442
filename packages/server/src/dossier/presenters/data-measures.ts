// SPDX-License-Identifier: Apache-2.0
import type { ChartSpec } from '../charts.ts';
import type { Block } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  cellOf,
  type DossierRecord,
  type Fields,
  fieldsOf,
  listOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';

/** More would fill a document with pictures; every column is in the table. */
const FIGURES_MAX = 6;
const FIGURES_ALL = 'the first';
const LABEL_ROWS_MAX = 20;
const BARS_MAX = 10;

/** Independence of splits, columns to question, and how far each column gives the label away. */
export function measuredBlocks(measures: Fields, record: DossierRecord): readonly Block[] {
  return [
    ...splitBlocks(measures, record),
    ...columnBlocks(measures, record),
    ...labelBlocks(measures, record),
  ];
}

function splitBlocks(measures: Fields, record: DossierRecord): readonly Block[] {
  return tableBlock(
    [
      'First',
      'Second',
      { title: 'Equal in every feature', ...NUMBER },
      { title: 'Shared units', ...NUMBER },
      { title: 'First later than second', ...NUMBER },
      'To ask about',
    ],
    rowsOf(measures.splitPairs).map((pair) => {
      const [equal, unit, time] = [pair.equalFeatures, pair.unit, pair.time].map(fieldsOf);
      return [
        textOf(pair.first),
        textOf(pair.second),
        counted(equal?.secondRows, equal?.share),
        textOf(unit?.shared) ?? 'not measured',
        counted(time?.laterRows, time?.share),
        listOf(pair.warnings)
          .map((one) => textOf(one) ?? '')
          .join('; '),
      ];
    }),
    {
      caption:
        'Independence of splits. Equal: rows of the second with a twin in the first. Units: values with rows in both. Later: rows of the first after the earliest of the second.',
      cite: record.digest,
    },
  );
}

/** `12 (0.06)`; a figure without its role or feature was not measured. */
function counted(count: Fields[string] | undefined, share: Fields[string] | undefined): string {
  const text = textOf(count);
  if (text === undefined) return 'not measured';
  return text === '0' ? text : `${text} (${measuredCell(textOf(share) ?? '').text})`;
}

function columnBlocks(measures: Fields, record: DossierRecord): readonly Block[] {
  return tableBlock(
    ['Column', 'Finding', 'What was found'],
    rowsOf(measures.columns).map((row) => [
      textOf(row.column),
      textOf(row.finding),
      textOf(row.said),
    ]),
    { caption: 'Columns to question', cite: record.digest },
  );
}

function labelBlocks(measures: Fields, record: DossierRecord): readonly Block[] {
  const label = fieldsOf(measures.label);
  const { theilsU, auc } = fieldsOf(label.thresholds);
  const rows = rowsOf(label.columns);
  const shown = rows.slice(0, LABEL_ROWS_MAX);
  const some =
    rows.length > shown.length ? `, the ${shown.length} strongest of ${rows.length}` : '';
  return tableBlock(
    [
      'Column',
      'Signal',
      { title: "Theil's U", ...NUMBER },
      { title: 'Lambda', ...NUMBER },
      { title: 'AUC alone', ...NUMBER },
      { title: 'Rows', ...NUMBER },
      'Nearly determines',
    ],
    shown.map((row) => [
      textOf(row.column),
      textOf(row.signal) === 'missing' ? 'its being missing' : 'value',
      measuredCell(textOf(row.theilsU) ?? ''),
      measuredCell(textOf(row.lambda) ?? ''),
      measuredCell(textOf(row.auc) ?? ''),
      cellOf(row.rows),
      row.warned === true ? { text: 'yes', style: 'strong' as const } : { text: 'no' },
    ]),
    {
      caption: `How far each column alone gives ${textOf(label.label) ?? 'the label'} away${some}; told from U ${textOf(theilsU) ?? ''} or AUC ${textOf(auc) ?? ''} on (Theil 1970; Goodman and Kruskal 1954; Bamber 1975)`,
      cite: record.digest,
    },
  );
}

/** Distributions of the first columns that have one; numbers as histograms, values as bars. */
export function profileFigures(
  columns: readonly Fields[],
  record: DossierRecord,
): readonly Block[] {
  const charts = columns.flatMap((column) => {
    const chart = distributionChart(column);
    return chart === undefined ? [] : [{ name: textOf(column.name) ?? '', chart }];
  });
  const note =
    charts.length > FIGURES_MAX ? `, one of ${FIGURES_ALL} ${FIGURES_MAX} of ${charts.length}` : '';
  return charts.slice(0, FIGURES_MAX).map(({ name, chart }) => ({
    kind: 'figure',
    chart,
    caption: `Distribution of ${name}${note}`,
    cite: record.digest,
  }));
}

function distributionChart(column: Fields): ChartSpec | undefined {
  const name = textOf(column.name) ?? '';
  const bins = rowsOf(column.histogram);
  const edges = [bins[0]?.from, ...bins.map(({ to }) => to)].map(numberOf);
  const counts = bins.map(({ count }) => numberOf(count));
  const isWhole = (list: readonly (number | undefined)[]): list is readonly number[] =>
    !list.includes(undefined);
  if (bins.length > 1 && isWhole(edges) && isWhole(counts)) {
    return { kind: 'histogram', axis: name, edges, series: [{ name: 'rows', counts }] };
  }
  const items = rowsOf(column.top)
    .slice(0, BARS_MAX)
    .flatMap((row) => {
      const value = numberOf(row.count);
      return value === undefined ? [] : [{ label: textOf(row.value) ?? '', value }];
    });
  return items.length < 2 ? undefined : { kind: 'bars', axis: `Rows by ${name}`, items };
}
