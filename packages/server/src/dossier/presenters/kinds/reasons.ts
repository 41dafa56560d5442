// SPDX-License-Identifier: Apache-2.0
import { factsBlock, fieldsOf, NUMBER, numberOf, rowsOf, tableBlock } from '../content.ts';
import { figureCell } from './figure-cell.ts';
import { inputBars } from './input-bars.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Reasons stated from contributions, and whether improving the cited input improves the score. */
export const reasonsBlocks: KindPresenter = (detail, record) => {
  const ranks = rowsOf(detail.ranks);
  return [
    ...factsBlock(
      [
        ['Adverse rows among those explained', detail.declined],
        ['Of them without any reason', detail.without_reason],
      ],
      record.digest,
    ),
    ...tableBlock(
      [
        { title: 'Reason', ...NUMBER },
        { title: 'Stated in', ...NUMBER },
        { title: 'A better value helps', ...NUMBER },
        { title: 'Replacing it helps on average', ...NUMBER },
      ],
      ranks.map((row) => [
        figureCell(row.rank),
        figureCell(row.n),
        figureCell(row.improvable),
        figureCell(row.removed),
      ]),
      {
        caption: 'Stated reasons, tested by improving the input that they cite',
        cite: record.digest,
      },
    ),
    ...inputBars(
      Object.entries(fieldsOf(ranks[0]?.cited)).map(([label, count]) => ({
        label,
        value: numberOf(count),
      })),
      {
        axis: 'Adverse rows with this input as first reason',
        caption: 'How often each input was the first reason',
        record,
      },
    ),
  ];
};
