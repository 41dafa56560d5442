// SPDX-License-Identifier: Apache-2.0
import { measuredCell } from '../../shown-number.ts';
import { factsBlock, NUMBER, rowsOf, tableBlock, textOf } from '../content.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Prices by protected group beside their expected losses; the ratios stand in the tables of measurements. */
export const priceBlocks: KindPresenter = (detail, record) => [
  ...factsBlock(
    [
      ['Price', detail.price],
      ['Expected loss', detail.expected_loss ?? 'the model’s own prediction'],
      ['Declared because', detail.why],
    ],
    record.digest,
  ),
  ...rowsOf(detail.attributes).flatMap((attribute) =>
    tableBlock(
      [
        'Group',
        { title: 'Rows', ...NUMBER },
        { title: 'Mean price', ...NUMBER },
        { title: 'Mean expected loss', ...NUMBER },
      ],
      rowsOf(attribute.groups).map((row) => [
        textOf(row.group),
        measuredCell(textOf(row.n) ?? ''),
        measuredCell(textOf(row.mean_price) ?? ''),
        measuredCell(textOf(row.mean_expected_loss) ?? ''),
      ]),
      {
        caption: `Prices per unit of exposure by ${textOf(attribute.name)}, reference ${textOf(attribute.reference)}`,
        cite: record.digest,
      },
    ),
  ),
];
