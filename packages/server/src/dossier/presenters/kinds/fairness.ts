// SPDX-License-Identifier: Apache-2.0
import type { LineSeries } from '../../charts/spec.ts';
import type { Block } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import { attributeTables } from '../attribute-tables.ts';
import {
  type DossierRecord,
  type Fields,
  fieldsOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { ratioFigure } from '../figures.ts';
import { metricName } from '../metric-names.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Decisions by group, the governing ratio beside its limit, and what needs outcomes: counts, exact tests, calibration. */
export const fairnessBlocks: KindPresenter = (detail, record, { groups }) => [
  ...attributeTables(detail, record),
  ...attributeTables(fieldsOf(detail.action), record, ', as the firm then acted'),
  ...ratioFigure(detail, groups, record),
  ...outcomeBlocks(detail, record),
];

function outcomeBlocks(detail: Fields, record: DossierRecord): readonly Block[] {
  return rowsOf(detail.attributes).flatMap((attribute) => {
    const outcomes = fieldsOf(attribute.outcomes);
    const name = textOf(attribute.name) ?? '';
    return [
      ...countsTable(outcomes, name, record),
      ...exactTable(outcomes, name, record),
      ...calibrationFigure(outcomes, name, record),
    ];
  });
}

const COUNTS = [
  ['approvedFavourable', 'Approved, favourable'],
  ['approvedUnfavourable', 'Approved, unfavourable'],
  ['deniedFavourable', 'Denied, favourable'],
  ['deniedUnfavourable', 'Denied, unfavourable'],
] as const;
const UNKNOWN = [
  ['approvedUnknown', 'Approved, not known'],
  ['deniedUnknown', 'Denied, not known'],
] as const;

function countsTable(outcomes: Fields, name: string, record: DossierRecord): readonly Block[] {
  const groups = rowsOf(outcomes.groups);
  const hasUnknown = groups.some(({ counts }) =>
    UNKNOWN.some(([key]) => (numberOf(fieldsOf(counts)[key]) ?? 0) > 0),
  );
  const columns = hasUnknown ? [...COUNTS, ...UNKNOWN] : COUNTS;
  return tableBlock(
    ['Group', ...columns.map(([, title]) => ({ title, ...NUMBER }))],
    groups.map((row) => [
      textOf(row.group),
      ...columns.map(([key]) => measuredCell(textOf(fieldsOf(row.counts)[key]) ?? '')),
    ]),
    { caption: `Decisions and what turned out, by ${name}`, cite: record.digest },
  );
}

function exactTable(outcomes: Fields, name: string, record: DossierRecord): readonly Block[] {
  const exact = Object.entries(fieldsOf(outcomes.exact_p));
  const rates = [...new Set(exact.flatMap(([, own]) => Object.keys(fieldsOf(own))))];
  const isTold = exact.some(([, own]) => rates.some((rate) => fieldsOf(own)[rate] !== null));
  if (!isTold) return [];
  return tableBlock(
    ['Group', ...rates.map((rate) => ({ title: metricName(rate), ...NUMBER }))],
    exact.map(([group, own]) => [
      group,
      ...rates.map((rate) => measuredCell(textOf(fieldsOf(own)[rate]) ?? '')),
    ]),
    { caption: `Exact p of rates equal to the reference’s, by ${name}`, cite: record.digest },
  );
}

// More curves than these cannot be told apart; the figures of every group are in the tables.
const CURVES_MAX = 6;

function calibrationFigure(
  outcomes: Fields,
  name: string,
  record: DossierRecord,
): readonly Block[] {
  const series = rowsOf(outcomes.groups).flatMap((row): readonly LineSeries[] => {
    const points = rowsOf(row.calibration).flatMap((bin) => {
      const [x, y] = [numberOf(bin.mean_score), numberOf(bin.rate)];
      const [low, high] = [numberOf(bin.rate_low), numberOf(bin.rate_high)];
      if (x === undefined || y === undefined) return [];
      return [{ x, y, ...(low === undefined || high === undefined ? {} : { low, high }) }];
    });
    return points.length < 2 ? [] : [{ name: textOf(row.group) ?? '', points }];
  });
  if (series.length === 0) return [];
  const omitted = series.length > CURVES_MAX ? `, the first ${CURVES_MAX} of ${series.length}` : '';
  const unit = { min: 0, max: 1 };
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: 'Mean predicted probability', ...unit },
        y: { title: 'Observed rate', ...unit },
        series: series.slice(0, CURVES_MAX),
        diagonal: true,
      },
      caption: `Calibration by ${name}, with intervals of the observed rate${omitted}`,
      cite: record.digest,
    },
  ];
}
