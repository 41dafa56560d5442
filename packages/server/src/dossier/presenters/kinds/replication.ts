// SPDX-License-Identifier: Apache-2.0
import type { Block, Cell } from '../../document.ts';
import { plain } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { jsonBlocks } from '../generic.ts';
import { metricName } from '../metric-names.ts';

/** Each number of the developer's beside the same one measured again, by report; mismatches stand out by their mark. */
export function replicationBlocks(detail: Fields, record: DossierRecord): readonly Block[] {
  const figures = rowsOf(detail.figures);
  const omitted = numberOf(detail.figuresOmitted) ?? 0;
  const single = Object.entries(fieldsOf(detail.figuresTolerances)).map(
    ([metric, tolerance]) => `${metricName(metric)} ${textOf(tolerance) ?? ''}`,
  );
  return [
    ...factsBlock(
      [
        ['Tolerance of figures', detail.figuresTolerance],
        ['Of single figures', single.join(', ')],
        ['Tolerance of scores', detail.scoresTolerance],
      ],
      record.digest,
    ),
    ...reportsTable(detail, record),
    ...rowsOf(detail.reports).flatMap((report) => {
      const name = textOf(report.report) ?? '';
      return figuresTable(
        figures.filter((one) => textOf(one.report) === name),
        { name, cite: textOf(report.record) ?? record.digest },
      );
    }),
    ...(omitted === 0
      ? []
      : [
          {
            kind: 'notice' as const,
            tone: 'note' as const,
            text: [
              plain(
                `${omitted} further figures agree and are counted above without a line of theirs.`,
              ),
            ],
          },
        ]),
    ...jsonBlocks(detail.scores === undefined ? {} : { scores: detail.scores }, {
      cite: record.digest,
      title: 'Scores of the parity cases, computed again',
    }),
  ];
}

function reportsTable(detail: Fields, record: DossierRecord): readonly Block[] {
  return tableBlock(
    [
      'Report of the developer',
      { title: 'Figures', ...NUMBER },
      { title: 'Mismatches', ...NUMBER },
      'Replicated',
    ],
    rowsOf(detail.reports).map((row) => {
      const why = textOf(row.notReplicated);
      const cite = textOf(row.record);
      return [
        { text: reportTitle(textOf(row.report) ?? ''), ...(cite === undefined ? {} : { cite }) },
        textOf(row.figures),
        why === undefined ? textOf(row.mismatches) : '',
        why === undefined ? 'yes' : `no: ${why}`,
      ];
    }),
    { caption: 'Replication of the developer’s reports', cite: record.digest },
  );
}

function figuresTable(
  rows: readonly Fields[],
  about: { readonly name: string; readonly cite: string },
): readonly Block[] {
  return tableBlock(
    [
      'Figure',
      { title: 'Developer', ...NUMBER },
      { title: 'Replicated', ...NUMBER },
      { title: 'Difference', ...NUMBER },
      { title: 'Tolerance', ...NUMBER },
      'Agrees',
    ],
    rows.map((row) => [
      figureTitle(textOf(row.figure) ?? ''),
      measuredCell(textOf(row.developer) ?? ''),
      row.replicated === undefined
        ? { text: 'not measured' }
        : measuredCell(textOf(row.replicated) ?? ''),
      row.difference === undefined ? { text: '' } : measuredCell(textOf(row.difference) ?? ''),
      textOf(row.tolerance),
      agreesCell(row),
    ]),
    {
      caption: `Figures of ${reportTitle(about.name).toLowerCase()}, measured again`,
      cite: about.cite,
    },
  );
}

function agreesCell(row: Fields): Cell {
  if (row.agrees === true) return { text: 'yes' };
  const differs = Array.isArray(row.differs) ? row.differs.map((one) => textOf(one) ?? '') : [];
  const what = differs.length === 0 ? '' : ` (${differs.join(', ')})`;
  return { text: `no${what}`, style: 'strong' };
}

/** `robustness-test/design` as `Robustness test, design`. */
function reportTitle(name: string): string {
  const [type = '', kind] = name.split('/');
  const words = type.replaceAll('-', ' ');
  const title = words.charAt(0).toUpperCase() + words.slice(1);
  return kind === undefined ? title : `${title}, ${kind.replaceAll('-', ' ')}`;
}

/** `auc/region=north` as the metric's printed name and `region: north`. */
function figureTitle(figure: string): string {
  const [metric = '', ...where] = figure.split('/');
  return [metricName(metric), ...where.map((part) => part.replace('=', ': '))].join(', ');
}
