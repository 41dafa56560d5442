// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { plain } from '../document.ts';
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
import { designBlocks } from './design.ts';
import {
  calibrationFigures,
  firstReasonFigure,
  ratioFigure,
  sensitivityFigure,
  stabilityFigures,
} from './figures.ts';
import { jsonBlocks } from './generic.ts';
import { kindBlocks, type MeasuredRows } from './kinds/kind-blocks.ts';
import { metricName } from './metric-names.ts';

// Printed elsewhere: figures in the tables of measurements, caveats as notices, the rest as pictures.
const PRINTED_ELSEWHERE: ReadonlySet<string> = new Set([
  'kind',
  'confidence',
  'rows',
  'measurements',
  'segments',
  'verdict',
  'caveats',
  'calibration',
  'confusion',
  'cutoff',
  'attributes',
  'governing',
  'why',
  'conditional_on',
  'inputs',
  'boundaries',
  'first_reasons',
  'columns',
  'roc',
  'constraints',
  'coefficients',
]);

/** Pictures and tables of a report's detail, in the shapes that the analysis package writes. */
export function detailBlocks(record: DossierRecord, rows: MeasuredRows): readonly Block[] {
  const detail = fieldsOf(contentOf(record).detail);
  const own = kindBlocks(textOf(detail.kind) ?? '');
  if (own !== undefined) return own(detail, record, rows);
  const rest = Object.entries(detail).filter(([key]) => !PRINTED_ELSEWHERE.has(key));
  return [
    ...confusionTable(detail, record),
    ...calibrationFigures(detail, rows.overall, record),
    ...attributeTables(detail, record),
    ...designBlocks(detail, record),
    ...ratioFigure(detail, rows.groups, record),
    ...sensitivityFigure(detail, record),
    ...boundaryTable(detail, record),
    ...firstReasonFigure(detail, record),
    ...stabilityFigures(detail, record),
    ...jsonBlocks(Object.fromEntries(rest), { cite: record.digest, title: 'Detail' }),
  ];
}

function confusionTable(detail: Fields, record: DossierRecord): readonly Block[] {
  const counts = fieldsOf(detail.confusion);
  if (Object.keys(counts).length === 0) return [];
  const cutoff = fieldsOf(detail.cutoff);
  const at = textOf(cutoff.cutoff) ?? textOf(detail.cutoff);
  const count = (key: string) => measuredCell(textOf(counts[key]) ?? '');
  return tableBlock(
    [
      'Outcome',
      { title: 'Predicted adverse', ...NUMBER },
      { title: 'Predicted favourable', ...NUMBER },
    ],
    [
      ['Event occurred', count('truePositives'), count('falseNegatives')],
      ['No event', count('falsePositives'), count('trueNegatives')],
    ],
    {
      caption: `Confusion at the cutoff${at === undefined ? '' : ` ${at}`}`,
      cite: record.digest,
    },
  );
}

function attributeTables(detail: Fields, record: DossierRecord): readonly Block[] {
  return [
    ...factsBlock(
      [
        ['Governing criterion', governingName(detail)],
        ['Reason for it', detail.why],
        ['Conditional on', detail.conditional_on],
      ],
      record.digest,
    ),
    ...rowsOf(detail.attributes).flatMap((attribute) => attributeTable(attribute, record)),
  ];
}

function governingName(detail: Fields): string | undefined {
  const governing = textOf(detail.governing);
  return governing === undefined ? undefined : metricName(governing);
}

function attributeTable(attribute: Fields, record: DossierRecord): readonly Block[] {
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
        caption: `Decisions by ${name}, reference ${textOf(attribute.reference) ?? 'none'}`,
        cite: record.digest,
      },
    ),
  ];
}

function boundaryTable(detail: Fields, record: DossierRecord): readonly Block[] {
  const probes = rowsOf(detail.boundaries);
  const inputs = [...new Set(probes.flatMap((row) => textOf(row.input) ?? []))];
  const outcome = (input: string, kind: string) =>
    probes.filter((row) => textOf(row.input) === input && textOf(row.outcome) === kind);
  return tableBlock(
    [
      'Input',
      { title: 'Probes', ...NUMBER },
      { title: 'Refused', ...NUMBER },
      { title: 'Scored', ...NUMBER },
      { title: 'Failed', ...NUMBER },
      'Probes that were scored or failed',
    ],
    inputs.map((input) => {
      const [refused, scored, failed] = ['refused', 'scored', 'failed'].map((kind) =>
        outcome(input, kind),
      );
      const answered = [...(failed ?? []), ...(scored ?? [])];
      return [
        input,
        String((refused?.length ?? 0) + answered.length),
        String(refused?.length ?? 0),
        String(scored?.length ?? 0),
        String(failed?.length ?? 0),
        answered.map((row) => textOf(row.probe) ?? '').join(', '),
      ];
    }),
    { caption: 'Missing, extreme and wrongly typed inputs', cite: record.digest },
  );
}
