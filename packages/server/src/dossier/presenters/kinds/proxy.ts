// SPDX-License-Identifier: Apache-2.0
import type { Block, Cell } from '../../document.ts';
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
import type { KindPresenter } from './kind-blocks.ts';

const METHODS: Readonly<Record<string, string>> = {
  bisg: 'BISG: surname and area by Bayes’ rule (Elliott et al. 2009; CFPB 2014)',
  stated: 'probabilities given with the data',
};

/** Approvals by probable group: every estimator side by side, the band between them, and what the data can rule out. */
export const proxyBlocks: KindPresenter = (detail, record) => [
  ...factsBlock(
    [
      ['Method', METHODS[textOf(detail.method) ?? ''] ?? detail.method],
      ['What is known of it', detail.why],
      ['Reference', detail.reference],
      ['Rows with a probability', count(detail.told)],
      ['Rows without one, in no figure', count(detail.untold)],
      ['Approved among these', count(detail.untold_approved)],
      ['Use', 'informational: groups that are guessed decide nothing'],
    ],
    record.digest,
  ),
  ...estimatorTable(detail, record),
  ...bandFigure(detail, record),
  ...boundsTable(detail, record),
];

function count(value: Fields[string] | undefined): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : measuredCell(text).text;
}

function estimatorTable(detail: Fields, record: DossierRecord): readonly Block[] {
  const groups = rowsOf(detail.groups).filter(({ estimators }) => estimators !== undefined);
  const names = [
    ...new Set(
      groups.flatMap((row) =>
        rowsOf(row.estimators).flatMap(({ estimator }) => textOf(estimator) ?? []),
      ),
    ),
  ];
  return tableBlock(
    ['Estimator', ...groups.map((row) => ({ title: textOf(row.group) ?? '', ...NUMBER }))],
    names.map((name) => [
      name,
      ...groups.map((row): Cell => {
        const own = rowsOf(row.estimators).find(({ estimator }) => textOf(estimator) === name);
        return measuredCell(textOf(own?.ratio) ?? 'too few');
      }),
    ]),
    {
      caption: `Ratio of approvals to ${textOf(detail.reference) ?? ''}, by estimator`,
      cite: record.digest,
    },
  );
}

function bandFigure(detail: Fields, record: DossierRecord): readonly Block[] {
  const items = rowsOf(detail.groups).flatMap((row) => {
    const band = fieldsOf(row.band);
    const [weighted] = rowsOf(row.estimators);
    const [value, low, high] = [weighted?.ratio, band.low, band.high].map(numberOf);
    if (value === undefined || low === undefined || high === undefined) return [];
    return [{ label: textOf(row.group) ?? '', value, low, high }];
  });
  if (items.length === 0) return [];
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'ratios',
        axis: 'Ratio of approvals, weighted',
        limit: 1,
        limitLabel: '',
        items,
      },
      caption: 'Weighted ratio of approvals; the band is the least and the most of all estimators',
      cite: record.digest,
    },
  ];
}

function boundsTable(detail: Fields, record: DossierRecord): readonly Block[] {
  const shown = (bounds: Fields): Cell => {
    const [low, high] = [textOf(bounds.low), textOf(bounds.high)];
    if (low === undefined && high === undefined) return { text: '' };
    const end = (text: string | undefined) => (text === undefined ? '∞' : measuredCell(text).text);
    return { text: `${end(low)} to ${end(high)}`, exact: `${low ?? '∞'} to ${high ?? '∞'}` };
  };
  return tableBlock(
    [
      'Group',
      { title: 'Expected rows', ...NUMBER },
      { title: 'Approval rate, bounds', ...NUMBER },
      { title: 'Ratio, bounds', ...NUMBER },
    ],
    rowsOf(detail.groups).map((row) => [
      textOf(row.group),
      measuredCell(textOf(row.expected_rows) ?? ''),
      shown(fieldsOf(row.rate_bounds)),
      shown(fieldsOf(row.ratio_bounds)),
    ]),
    {
      caption: 'What probabilities and decisions alone can rule out, sampling error aside',
      cite: record.digest,
    },
  );
}
