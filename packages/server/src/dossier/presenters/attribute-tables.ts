// SPDX-License-Identifier: Apache-2.0
import { type Block, plain } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  contentOf,
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
} from './content.ts';
import { metricName } from './metric-names.ts';

/** Criterion and decisions by attribute; `note` says which decisions where there are several. */
export function attributeTables(
  detail: Fields,
  record: DossierRecord,
  note = '',
): readonly Block[] {
  const tables = rowsOf(detail.attributes).flatMap((attribute) =>
    attributeTable(attribute, record, note),
  );
  // The criterion is the same for what was recommended and for what was done.
  if (note !== '') return tables;
  return [
    ...factsBlock(
      [
        ['Governing criterion', governingName(detail)],
        ['Reason for it', detail.why],
        ['Conditional on', detail.conditional_on],
        ['Decisions measured', detail.on],
      ],
      record.digest,
    ),
    ...tables,
  ];
}

function governingName(detail: Fields): string | undefined {
  const governing = textOf(detail.governing);
  return governing === undefined ? undefined : metricName(governing);
}

function attributeTable(attribute: Fields, record: DossierRecord, note: string): readonly Block[] {
  const exact = fieldsOf(attribute.exact_p);
  const name = textOf(attribute.name) ?? '';
  const warning = textOf(attribute.warning);
  const said = listOf(fieldsOf(contentOf(record).detail).caveats).includes(warning ?? '');
  return [
    ...(warning === undefined || said
      ? []
      : [
          {
            kind: 'notice' as const,
            tone: 'note' as const,
            text: [plain(`${labelOf(name)}: ${warning}`)],
          },
        ]),
    ...tableBlock(
      [
        'Group',
        { title: 'Rows', ...NUMBER },
        { title: 'Approved', ...NUMBER },
        { title: 'Denied', ...NUMBER },
        { title: 'Approval rate', ...NUMBER },
        { title: 'Mean score', ...NUMBER },
        { title: 'Exact p', ...NUMBER },
      ],
      rowsOf(attribute.groups).map((row) => [
        textOf(row.group),
        measuredCell(textOf(row.n) ?? ''),
        measuredCell(textOf(row.approved) ?? ''),
        measuredCell(textOf(row.denied) ?? ''),
        measuredCell(textOf(fieldsOf(row.approval_rate).value) ?? textOf(row.approval_rate) ?? ''),
        measuredCell(textOf(row.mean_score) ?? ''),
        measuredCell(textOf(exact[textOf(row.group) ?? '']) ?? ''),
      ]),
      {
        caption: `Decisions by ${name}, reference ${textOf(attribute.reference) ?? 'none'}${note}`,
        cite: record.digest,
      },
    ),
  ];
}
