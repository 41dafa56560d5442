// SPDX-License-Identifier: Apache-2.0
import { type Block, paragraph } from '../../document.ts';
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

/** A predicted number: residuals over the tenths of the prediction, predicted beside actual, and quantiles of residuals. */
export const estimateBlocks: KindPresenter = (detail, record) => {
  const residuals = fieldsOf(detail.residuals);
  const tenths = rowsOf(residuals.tenths);
  return [
    ...residualFigure(tenths, record),
    ...tenthsTable(tenths, record),
    ...quantilesTable(rowsOf(residuals.quantiles), record),
    ...factsBlock([['Rows without an actual number, left out', leftOut(detail)]], record.digest),
    ...rowsOf(detail.segments).flatMap(({ name, warning }) =>
      textOf(warning) === undefined
        ? []
        : [paragraph(`${textOf(name) ?? ''}: ${textOf(warning) ?? ''}`)],
    ),
  ];
};

function leftOut(detail: Fields): string | undefined {
  const count = numberOf(detail.unlabelled) ?? 0;
  return count === 0 ? undefined : String(count);
}

function residualFigure(tenths: readonly Fields[], record: DossierRecord): readonly Block[] {
  const points = tenths.flatMap((row) => {
    const [x, y, low, high] = [
      row.mean_predicted,
      row.mean_residual,
      row.mean_residual_low,
      row.mean_residual_high,
    ].map(numberOf);
    if (x === undefined || y === undefined) return [];
    return [{ x, y, ...(low === undefined || high === undefined ? {} : { low, high }) }];
  });
  if (points.length < 2 || points.length !== tenths.length) return [];
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: 'Mean prediction of the tenth' },
        y: { title: 'Mean residual' },
        series: [{ name: 'Actual less predicted', points }],
        limits: [{ label: 'no residual', value: 0 }],
      },
      caption:
        'Mean residual, actual less predicted, in tenths of the rows by rising prediction, with intervals',
      cite: record.digest,
    },
  ];
}

function tenthsTable(tenths: readonly Fields[], record: DossierRecord): readonly Block[] {
  const shown = (value: Fields[string] | undefined) => measuredCell(textOf(value) ?? '');
  return tableBlock(
    [
      'Predictions',
      { title: 'Rows', ...NUMBER },
      { title: 'Mean predicted', ...NUMBER },
      { title: 'Mean actual', ...NUMBER },
      { title: 'Mean residual', ...NUMBER },
      { title: 'Middle half of residuals', ...NUMBER },
    ],
    tenths.map((row) => [
      `${shown(row.predicted_low).text} to ${shown(row.predicted_high).text}`,
      shown(row.n),
      shown(row.mean_predicted),
      shown(row.mean_actual),
      shown(row.mean_residual),
      `${shown(row.lower_quartile).text} to ${shown(row.upper_quartile).text}`,
    ]),
    { caption: 'Predicted beside actual in tenths of the rows', cite: record.digest },
  );
}

function quantilesTable(quantiles: readonly Fields[], record: DossierRecord): readonly Block[] {
  const names: Readonly<Record<string, string>> = {
    '0': 'lowest',
    '0.5': 'median',
    '1': 'highest',
  };
  if (quantiles.length === 0) return [];
  return tableBlock(
    quantiles.map(({ at }) => {
      const share = textOf(at) ?? '';
      const title = names[share] ?? `${(Number(share) * 100).toFixed(0)} %`;
      return { title, ...NUMBER };
    }),
    [quantiles.map(({ value }) => measuredCell(textOf(value) ?? ''))],
    { caption: 'Quantiles of the residuals, actual less predicted', cite: record.digest },
  );
}
