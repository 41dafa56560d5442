// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { attributeTables } from './attribute-tables.ts';
import { confusionTable } from './confusion-table.ts';
import {
  contentOf,
  type DossierRecord,
  type Fields,
  fieldsOf,
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
import { HELD_BACK_MEMBERS } from './kinds/held-back-rows.ts';
import { kindBlocks, type MeasuredRows } from './kinds/kind-blocks.ts';

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
  'action',
  'on',
  ...HELD_BACK_MEMBERS,
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
    ...attributeTables(fieldsOf(detail.action), record, ', as the firm then acted'),
    ...designBlocks(detail, record),
    ...ratioFigure(detail, rows.groups, record),
    ...sensitivityFigure(detail, record),
    ...boundaryTable(detail, record),
    ...firstReasonFigure(detail, record),
    ...stabilityFigures(detail, record),
    ...jsonBlocks(Object.fromEntries(rest), { cite: record.digest, title: 'Further figures' }),
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
