// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import { plain } from '../../document.ts';
import {
  contentOf,
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  listOf,
  NUMBER,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';

/** Members of a report's detail that are printed here, whatever its kind. */
export const HELD_BACK_MEMBERS: readonly string[] = ['sealedLook', 'looks', 'custody', 'overlap'];

/** Of a validator's measurement: how often these rows were looked at, who brought them, and who could have had them. */
export function heldBackBlocks(record: DossierRecord): readonly Block[] {
  const detail = fieldsOf(contentOf(record).detail);
  return [
    ...looksBlocks(fieldsOf(detail.looks), record),
    ...custodyBlocks(fieldsOf(detail.custody), record),
    ...overlapBlocks(fieldsOf(detail.overlap), record),
  ];
}

function looksBlocks(looks: Fields, record: DossierRecord): readonly Block[] {
  if (looks.number === undefined) return [];
  return [
    ...factsBlock(
      [
        ['Look at these rows', looks.number],
        ['Under distinct plans', looks.plans],
        ['Looks allowed', looks.limit],
        [
          'Plan',
          looks.planAfterFirstLook === true
            ? 'signed after the first look at these rows'
            : 'signed before anybody had looked at these rows',
        ],
      ],
      record.digest,
    ),
    ...tableBlock(
      [{ title: 'Look', ...NUMBER }, 'Logged', 'By', 'Version', 'Plan', 'Figures'],
      rowsOf(looks.looks).map((row) => [
        { text: textOf(row.number) ?? '', ...citeIf(row.request) },
        (textOf(row.at) ?? '').slice(0, 16).replace('T', ' '),
        textOf(row.by),
        `${textOf(row.model) ?? ''}@${textOf(row.version) ?? ''}`,
        { text: '', ...citeIf(row.plan) },
        row.request === lastRequest(looks)
          ? 'this report'
          : row.measured === true
            ? 'measured'
            : 'none',
      ]),
      { caption: 'Every look at these rows, by any version and plan', cite: record.digest },
    ),
  ];
}

function lastRequest(looks: Fields): unknown {
  return rowsOf(looks.looks).at(-1)?.request;
}

function citeIf(value: unknown): { readonly cite?: string } {
  return typeof value === 'string' && value !== '' ? { cite: value } : {};
}

function custodyBlocks(custody: Fields, record: DossierRecord): readonly Block[] {
  if (custody.suppliedBy === undefined) return [];
  const said = (value: Fields[string] | undefined): Block => ({
    kind: 'list',
    ordered: false,
    items: listOf(value).map((one) => [{ kind: 'paragraph', text: [plain(textOf(one) ?? '')] }]),
  });
  return [
    ...factsBlock(
      [
        ['Rows brought by', custody.suppliedBy],
        ['File', custody.name],
        ['Sealed at', custody.sealedAt],
        ['Columns not read', custody.ignoredColumns],
      ],
      record.digest,
    ),
    { kind: 'heading', level: 3, text: 'What the platform shows of who had these rows' },
    said(custody.shown),
    { kind: 'heading', level: 3, text: 'What it cannot show' },
    said(custody.notShown),
  ];
}

function overlapBlocks(overlap: Fields, record: DossierRecord): readonly Block[] {
  const measured = fieldsOf(overlap.measured);
  if (measured.rows === undefined) return [];
  const line = (what: string, found: Fields) =>
    found.rows === undefined ? [] : [[what, textOf(found.rows), textOf(found.first) ?? 'none']];
  return tableBlock(
    ['Shared by', { title: 'Rows', ...NUMBER }, { title: 'First row', ...NUMBER }],
    [
      ...line('id', fieldsOf(measured.id)),
      ...line('unit', fieldsOf(measured.unit)),
      ...line('inputs and label', fieldsOf(measured.row)),
    ],
    {
      caption: `Rows that stand among the ${textOf(measured.known) ?? ''} rows of the run that are not sealed`,
      cite: record.digest,
    },
  );
}
