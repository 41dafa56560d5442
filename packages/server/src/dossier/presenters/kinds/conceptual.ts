// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import {
  type DossierRecord,
  type Fields,
  labelOf,
  NUMBER,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { verdictCell } from '../data.ts';
import { figureCell } from './figure-cell.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Each question about the design with its answer, and every input by itself and in the model. */
export const conceptualBlocks: KindPresenter = (detail, record) => [
  ...tableBlock(
    ['Check', 'Answer', 'Found', 'Noted from', 'By the plan’s limits'],
    rowsOf(detail.checks).map((row) => [
      labelOf(textOf(row.check) ?? ''),
      textOf(row.state),
      textOf(row.found),
      textOf(row.custom),
      verdictCell(textOf(row.verdict)),
    ]),
    { caption: 'Conceptual checks', cite: record.digest },
  ),
  ...inputsTable(rowsOf(detail.inputs), record),
  ...columnsTable(rowsOf(detail.columns), record),
];

const DIRECTIONS: Readonly<Record<string, string>> = {
  agrees: 'the same',
  reversed: 'the other way',
  open: 'not told apart from none',
  none: 'not a number',
};

function inputsTable(inputs: readonly Fields[], record: DossierRecord): readonly Block[] {
  return tableBlock(
    [
      'Input',
      { title: 'Rows', ...NUMBER },
      { title: 'AUC by itself', ...NUMBER },
      { title: 'Change of the score', ...NUMBER },
      'Direction in the model',
      'Separation',
    ],
    inputs.map((row) => [
      textOf(row.input),
      figureCell(row.rows),
      figureCell(row.auc),
      figureCell(row.model_change),
      DIRECTIONS[textOf(row.direction) ?? ''],
      textOf(row.separation),
    ]),
    {
      caption: 'Each input by itself and in the model, from its 5 % to its 95 % quantile',
      cite: record.digest,
    },
  );
}

function columnsTable(columns: readonly Fields[], record: DossierRecord): readonly Block[] {
  return tableBlock(
    ['Input', 'Level', { title: 'Variance inflation', ...NUMBER }],
    columns.map((row) => [
      textOf(row.input),
      textOf(row.level),
      row.variance_inflation === null ? 'infinite' : figureCell(row.variance_inflation),
    ]),
    { caption: 'Variance inflation of each column', cite: record.digest },
  );
}
