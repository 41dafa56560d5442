// SPDX-License-Identifier: Apache-2.0
import { plain } from '../../document.ts';
import {
  type Fields,
  factsBlock,
  fieldsOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { figureCell } from './figure-cell.ts';
import { inputBars } from './input-bars.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Interventional Shapley values over the explained rows, with the background that they are against. */
export const shapleyBlocks: KindPresenter = (detail, record) => {
  const background = fieldsOf(detail.background);
  const scale = textOf(detail.scale) === 'logit' ? 'log-odds of the score' : 'score';
  const importance = rowsOf(detail.importance);
  return [
    ...factsBlock(
      [
        ['Unit of the contributions', scale],
        ['Method', methodText(detail)],
        ['Mean over the background', undefined, [plain(figureCell(detail.base).text)]],
        [
          'Background',
          `${textOf(background.rows) ?? ''} of ${textOf(background.of) ?? ''} rows, every ${ordinal(textOf(background.every))} by value`,
        ],
        ['Digest of the background', background.digest],
      ],
      record.digest,
    ),
    ...inputBars(
      importance.map((row) => ({ label: textOf(row.input) ?? '', value: numberOf(row.mean_abs) })),
      {
        axis: `Mean absolute contribution (${scale})`,
        caption: 'Mean absolute Shapley value of each input',
        record,
      },
    ),
    ...tableBlock(
      [
        'Input',
        { title: 'Mean absolute', ...NUMBER },
        { title: 'Mean, with sign', ...NUMBER },
        { title: 'Share', ...NUMBER },
        { title: 'Largest standard error', ...NUMBER },
      ],
      importance.map((row) => [
        textOf(row.input),
        figureCell(row.mean_abs),
        figureCell(row.mean),
        figureCell(row.share),
        figureCell(row.standard_error),
      ]),
      { caption: `Shapley values in units of the ${scale}`, cite: record.digest },
    ),
  ];
};

function methodText(detail: Fields): string {
  const orders = textOf(detail.orders);
  return orders === undefined
    ? 'every coalition of inputs enumerated'
    : `${orders} orders of the inputs drawn for each row, each also walked backwards; seed ${textOf(detail.seed) ?? ''}`;
}

function ordinal(every: string | undefined): string {
  if (every === undefined || every === '1') return 'row';
  const ending = { '1': 'st', '2': 'nd', '3': 'rd' }[every.slice(-1)];
  const isTeen = /1[123]$/.test(every);
  return `${every}${isTeen ? 'th' : (ending ?? 'th')} row`;
}
