// SPDX-License-Identifier: Apache-2.0
import type { Block, Cell } from '../../document.ts';
import { shownNumber } from '../../shown-number.ts';
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
import { metricName } from '../metric-names.ts';
import { figureCell } from './figure-cell.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** Paired tests against each challenger, and what became of those whom only one of the two turns away. */
export const challengersBlocks: KindPresenter = (detail, record) => {
  const challengers = rowsOf(detail.challengers);
  return [...testsTable(challengers, record), ...swapTable(challengers, record)];
};

function testsTable(challengers: readonly Fields[], record: DossierRecord): readonly Block[] {
  const isAdjusted = challengers.length > 1;
  const rows = challengers.flatMap((one) =>
    Object.entries(fieldsOf(one.p_values)).map(([metric, p]) => [
      textOf(one.name),
      metricName(metric),
      figureCell(p),
      ...(isAdjusted ? [figureCell(fieldsOf(one.adjusted)[metric])] : []),
    ]),
  );
  return tableBlock(
    [
      'Challenger',
      'Difference of',
      { title: 'p', ...NUMBER },
      ...(isAdjusted ? [{ title: 'p, adjusted', ...NUMBER }] : []),
    ],
    rows,
    {
      caption: `Two-sided p of no difference on the same rows${isAdjusted ? `, and adjusted for ${challengers.length} challengers (Holm)` : ''}`,
      cite: record.digest,
    },
  );
}

const SETS = [
  ['only_challenger_adverse', 'Challenger alone (swapped in)'],
  ['only_candidate_adverse', 'Candidate alone (swapped out)'],
  ['both_adverse', 'Both'],
  ['neither_adverse', 'Neither'],
] as const;

function swapTable(challengers: readonly Fields[], record: DossierRecord): readonly Block[] {
  const rows = challengers
    .filter((one) => one.swap_set !== undefined)
    .flatMap((one) => {
      const set = fieldsOf(one.swap_set);
      const events = fieldsOf(set.events);
      return SETS.map(([key, label]) => [
        textOf(one.name),
        label,
        figureCell(set[key]),
        figureCell(events[key]),
        rateCell(numberOf(events[key]), numberOf(set[key])),
      ]);
    });
  return tableBlock(
    [
      'Challenger',
      'Turned away by',
      { title: 'Rows', ...NUMBER },
      { title: 'Events', ...NUMBER },
      { title: 'Event rate', ...NUMBER },
    ],
    rows,
    { caption: 'Decisions of both at the cutoff, with outcomes', cite: record.digest },
  );
}

function rateCell(events: number | undefined, rows: number | undefined): Cell {
  const isKnown = events !== undefined && rows !== undefined && rows > 0;
  return { text: isKnown ? shownNumber(events / rows) : 'none' };
}
