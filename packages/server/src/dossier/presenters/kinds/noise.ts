// SPDX-License-Identifier: Apache-2.0
import {
  type Fields,
  factsBlock,
  NUMBER,
  namedGroup,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { figureCell } from './figure-cell.ts';
import { inputBars } from './input-bars.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** How far noise on each input, and on all at once, moves scores and decisions. */
export const noiseBlocks: KindPresenter = (detail, record) => {
  const changes = rowsOf(record.statement.predicate.content.measurements).filter(
    (row) => textOf(row.metric) === 'noise_mean_abs_change',
  );
  return [
    ...factsBlock(
      [
        ['Noise, relative to the value', detail.relative],
        ['Repeats for each row', detail.repeats],
        ['Seed of the draws', detail.seed],
      ],
      record.digest,
    ),
    ...inputBars(
      changes.map((row: Fields) => ({
        label: namedGroup(row.segment).value,
        value: numberOf(row.value),
      })),
      {
        axis: 'Mean absolute change of the score',
        caption: 'How far noise on an input moves the score',
        record,
      },
    ),
    ...tableBlock(
      [
        'Input',
        { title: 'Noisy scorings', ...NUMBER },
        { title: 'Refused', ...NUMBER },
        { title: 'Other decision', ...NUMBER },
      ],
      rowsOf(detail.effects).map((row) => [
        textOf(row.input),
        figureCell(row.scorings),
        figureCell(row.refused),
        figureCell(row.flips),
      ]),
      { caption: 'Noisy scorings of each input', cite: record.digest },
    ),
  ];
};
