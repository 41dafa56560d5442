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
  flatText,
  listOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { jsonBlocks } from './generic.ts';
import { metricName } from './metric-names.ts';

const TRIALS_PRINTED_MAX = 40;

/** Hyperparameter searches of a run: what was tried, the course of the best score, and what does not fit together. */
export function searchesBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const searches = rowsOf(content.searches);
  if (searches.length === 0)
    return jsonBlocks(content.trials, { cite: record.digest, title: 'Search trials' });
  return searches.flatMap((search) => searchBlocks(search, record));
}

function searchBlocks(search: Fields, record: DossierRecord): readonly Block[] {
  const choice = fieldsOf(search.choice);
  const states = Object.entries(fieldsOf(search.states)).map(
    ([state, n]) => `${textOf(n)} ${state}`,
  );
  return [
    { kind: 'heading', level: 3, text: `Search of step ${textOf(search.step) ?? ''}` },
    ...listOf(search.warnings).map(
      (warning): Block => ({ kind: 'notice', tone: 'stale', text: [plain(flatText(warning))] }),
    ),
    ...factsBlock(
      [
        ['As written by', search.source],
        ['Search', search.search],
        ['Method', search.method],
        ['Space', spaceText(fieldsOf(search.space))],
        ['Seed', search.seed],
        ['Trials', states.join(', ')],
        ['Score', scoreText(search)],
        ['Rule of the choice', choice.rule],
        ['Reason for the choice', choice.why],
        ['Trial taken', search.chosen],
        ['Trial of the best score', search.best],
      ],
      record.digest,
    ),
    ...courseFigure(search, record),
    ...trialsTable(search, record),
  ];
}

function scoreText({ score, direction }: Fields): string {
  const name = textOf(score);
  return [name === undefined ? undefined : metricName(name), textOf(direction)]
    .filter((text) => text !== undefined)
    .join(', ');
}

function spaceText(space: Fields): string {
  return Object.entries(space)
    .map(([name, values]) => `${name}: ${flatText(values)}`)
    .join('; ');
}

function courseFigure(search: Fields, record: DossierRecord): readonly Block[] {
  const points = (rows: readonly Fields[], place: string) =>
    rows.flatMap((row) => {
      const [trial, score] = [numberOf(row[place]), numberOf(row.score)];
      return trial === undefined || score === undefined ? [] : [{ trial, score }];
    });
  const trials = points(
    rowsOf(search.trials).filter((row) => textOf(row.state) === 'complete'),
    'number',
  );
  const best = points(rowsOf(search.course), 'trial');
  if (trials.length < 2 || best.length === 0) return [];
  return [
    {
      kind: 'figure',
      chart: { kind: 'course', axis: metricName(textOf(search.score) ?? 'score'), trials, best },
      caption: `Score of ${trials.length} completed trials and the best so far`,
      cite: record.digest,
    },
  ];
}

/** Parameters against score, the best first; as many as a reader takes in. */
function trialsTable(search: Fields, record: DossierRecord): readonly Block[] {
  const sign = textOf(search.direction) === 'minimise' ? 1 : -1;
  const rows = [...rowsOf(search.trials)].sort(
    (a, b) =>
      sign * (numberOf(a.score) ?? Infinity * sign) - sign * (numberOf(b.score) ?? Infinity * sign),
  );
  const names = [...new Set(rows.flatMap((row) => Object.keys(fieldsOf(row.params))))];
  const chosen = textOf(search.chosen);
  const printed = rows.filter(
    (row, at) => at < TRIALS_PRINTED_MAX || textOf(row.number) === chosen,
  );
  const count = Number(textOf(search.count) ?? rows.length);
  return tableBlock(
    [
      { title: 'Trial', ...NUMBER },
      ...names,
      { title: metricName(textOf(search.score) ?? 'score'), ...NUMBER },
      { title: 'Folds', ...NUMBER },
      'State',
    ],
    printed.map((row) => [
      textOf(row.number),
      ...names.map((name) => {
        const value = fieldsOf(row.params)[name];
        return value === undefined ? '' : flatText(value);
      }),
      measuredCell(textOf(row.score) ?? ''),
      String(listOf(row.folds).length),
      textOf(row.number) === chosen
        ? { text: 'taken', style: 'strong' as const }
        : textOf(row.state),
    ]),
    {
      caption: `Parameters and score of ${printed.length} of ${count} trials, the best first`,
      cite: record.digest,
    },
  );
}
