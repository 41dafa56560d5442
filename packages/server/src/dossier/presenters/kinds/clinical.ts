// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import { confusionTable } from '../confusion-table.ts';
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
import type { KindPresenter } from './kind-blocks.ts';

/** Readings at the cutoff, the declared prevalence, and each comparison with its margin and the cases that it needs. */
export const clinicalBlocks: KindPresenter = (detail, record) => {
  const prevalence = fieldsOf(detail.prevalence);
  return [
    ...confusionTable({ confusion: detail.counts ?? null, cutoff: detail.cutoff ?? null }, record),
    ...factsBlock(
      [
        ['Declared prevalence', prevalence.value],
        ['Known from', prevalence.source],
      ],
      record.digest,
    ),
    ...comparisonsTable(rowsOf(detail.non_inferiority), record),
  ];
};

function comparisonsTable(compared: readonly Fields[], record: DossierRecord): readonly Block[] {
  const shown = (value: Fields[string] | undefined) => measuredCell(textOf(value) ?? '');
  return tableBlock(
    [
      'Figure',
      'Against',
      { title: 'Margin', ...NUMBER },
      { title: 'One-sided error', ...NUMBER },
      { title: 'Cases', ...NUMBER },
      { title: 'Cases for 80 % power', ...NUMBER },
      'Why this margin',
    ],
    compared.map((row) => [
      textOf(row.metric),
      textOf(row.against),
      textOf(row.margin),
      textOf(row.alpha),
      shown(row.cases),
      shown(row.cases_needed),
      textOf(row.why),
    ]),
    { caption: 'Non-inferiority, with margins declared before the test', cite: record.digest },
  );
}
