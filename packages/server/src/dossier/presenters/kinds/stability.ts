// SPDX-License-Identifier: Apache-2.0
import type { Block, Cell } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  NUMBER,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { stabilityFigures } from '../figures.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** The index of each column beside what chance alone gives, with pictures of what moved most. */
export const stabilityBlocks: KindPresenter = (detail, record) => {
  const columns = rowsOf(detail.columns);
  return [
    ...factsBlock(
      [
        ['Chance of a false alarm, a column and window', shown(detail.alpha)],
        ['Added to each count', detail.smoothing],
      ],
      record.digest,
    ),
    ...columnsTable(columns, record),
    ...stabilityFigures(detail, record),
  ];
};

function columnsTable(columns: readonly Fields[], record: DossierRecord): readonly Block[] {
  const hasMix = columns.some((row) => row.csi !== undefined);
  return tableBlock(
    [
      'Column',
      { title: 'PSI', ...NUMBER },
      { title: 'By chance', ...NUMBER },
      { title: 'p', ...NUMBER },
      ...(hasMix ? [{ title: 'CSI', ...NUMBER }] : []),
      'Verdict',
    ],
    columns.map((row) => {
      const figure = fieldsOf(row.measurement);
      return [
        textOf(row.column),
        cellOf(figure.value),
        cellOf(row.chance),
        cellOf(row.p_value),
        ...(hasMix ? [cellOf(fieldsOf(row.csi).value)] : []),
        textOf(figure.verdict),
      ];
    }),
    {
      caption: `Shift of each column against the index that chance alone exceeds${hasMix ? '; CSI is the change of the mean score by the column’s mix' : ''}`,
      cite: record.digest,
    },
  );
}

function cellOf(value: Fields[string] | undefined): Cell {
  return measuredCell(textOf(value) ?? 'none');
}

function shown(value: Fields[string] | undefined): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : measuredCell(text).text;
}
