// SPDX-License-Identifier: Apache-2.0
import type { LineSeries } from '../../charts/spec.ts';
import type { Block } from '../../document.ts';
import {
  type DossierRecord,
  type Fields,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { figureCell } from './figure-cell.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** What each declared scenario changes, why, and what it does to the expected event rate and to decisions. */
export const stressBlocks: KindPresenter = (detail, record) => {
  const scenarios = rowsOf(detail.scenarios);
  return [
    ...tableBlock(
      ['Scenario', 'What changes', 'Why it is tried'],
      scenarios.map((row) => [textOf(row.name), changesText(row), textOf(row.why)]),
      { caption: 'Scenarios', cite: record.digest },
    ),
    ...meansFigure(scenarios, record),
    ...tableBlock(
      [
        'Scenario',
        { title: 'Rows', ...NUMBER },
        { title: 'Refused', ...NUMBER },
        { title: 'Mean score without', ...NUMBER },
        { title: 'Mean score under it', ...NUMBER },
        { title: 'Become adverse', ...NUMBER },
        { title: 'Become favourable', ...NUMBER },
      ],
      scenarios.map((row) => [
        textOf(row.name),
        figureCell(row.rows),
        figureCell(row.refused),
        figureCell(row.mean_before),
        figureCell(row.mean_after),
        figureCell(row.to_adverse),
        figureCell(row.to_favourable),
      ]),
      { caption: 'Scores and decisions under each scenario', cite: record.digest },
    ),
  ];
};

function changesText(row: Fields): string {
  return rowsOf(row.changes)
    .map((change) => `${textOf(change.input) ?? ''}: ${textOf(change.change) ?? ''}`)
    .join('; ');
}

function meansFigure(scenarios: readonly Fields[], record: DossierRecord): readonly Block[] {
  const answered = scenarios.filter((row) => numberOf(row.mean_after) !== undefined);
  if (answered.length === 0) return [];
  const side = (name: string, pick: (row: Fields) => number | undefined): LineSeries => ({
    name,
    isPointsOnly: true,
    points: answered.map((row, x) => ({ x, y: pick(row) ?? null })),
  });
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'lines',
        x: { title: 'Scenario', categories: answered.map((row) => textOf(row.name) ?? '') },
        y: { title: 'Mean score' },
        series: [
          side('as they are', (row) => numberOf(row.mean_before)),
          side('under the scenario', (row) => numberOf(row.mean_after)),
        ],
      },
      caption: 'Mean score of the same rows without and under each scenario',
      cite: record.digest,
    },
  ];
}
