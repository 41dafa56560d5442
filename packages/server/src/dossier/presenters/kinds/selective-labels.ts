// SPDX-License-Identifier: Apache-2.0
import { type Block, plain } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  labelOf,
  listOf,
  NUMBER,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import type { KindPresenter } from './kind-blocks.ts';

const USES: Readonly<Record<string, string>> = {
  outcome: 'counted as an outcome',
  unobserved: 'no outcome by decision',
  'left out': 'in no figure',
};

/** Outcome states with their rows, the declared methods, and why a figure of everyone was refused. */
export const selectiveLabelsBlocks: KindPresenter = (detail, record) => [
  ...refusalBlocks(fieldsOf(detail.refusal)),
  ...tableBlock(
    ['State of the outcome', 'Use', { title: 'Rows', ...NUMBER }],
    rowsOf(detail.states).map((row) => [
      labelOf(textOf(row.state) ?? ''),
      USES[textOf(row.use) ?? ''],
      measuredCell(textOf(row.rows) ?? ''),
    ]),
    { caption: 'What is known of outcomes', cite: record.digest },
  ),
  ...methodsTable(detail, record),
  ...decidesBlocks(fieldsOf(detail.decides), record),
];

function refusalBlocks(refusal: Fields): readonly Block[] {
  const [message, next] = [textOf(refusal.message), textOf(refusal.next)];
  if (message === undefined) return [];
  const text = `Refused: ${message}. Next: ${next ?? ''}.`;
  return [{ kind: 'notice', tone: 'note', text: [plain(text)] }];
}

function methodsTable(detail: Fields, record: DossierRecord): readonly Block[] {
  return tableBlock(
    ['Method', 'Why it was declared', 'How'],
    rowsOf(detail.methods).map((row) => [
      labelOf(textOf(row.method) ?? ''),
      textOf(row.why) ?? '',
      listOf(row.notes)
        .flatMap((note) => textOf(note) ?? [])
        .join('; '),
    ]),
    { caption: 'Figures of everyone, by method', cite: record.digest },
  );
}

function decidesBlocks(decides: Fields, record: DossierRecord): readonly Block[] {
  const method = textOf(decides.method);
  if (method === undefined) return [];
  const how =
    decides.alone === true ? 'in place of the unadjusted figure' : 'beside the unadjusted figure';
  return factsBlock(
    [
      ['Held against the limits', `${labelOf(method)}, ${how}`],
      ['Reason', decides.why],
    ],
    record.digest,
  );
}
