// SPDX-License-Identifier: Apache-2.0
import { type Block, plain } from '../../document.ts';
import { measuredCell } from '../../shown-number.ts';
import {
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  listOf,
  NUMBER,
  numberOf,
  rowsOf,
  tableBlock,
  textOf,
} from '../content.ts';
import { metricName } from '../metric-names.ts';
import type { KindPresenter } from './kind-blocks.ts';

/** The search for less discriminatory alternatives: its rule, its tries, the frontier, and the one confirmation. */
export const alternativesBlocks: KindPresenter = (detail, record) => [
  ...aboutBlocks(detail, record),
  ...gapNotices(detail),
  ...frontierFigure(detail, record),
  ...frontierTable(detail, record),
  ...confirmationBlocks(detail, record),
];

function aboutBlocks(detail: Fields, record: DossierRecord): readonly Block[] {
  const chosen = fieldsOf(detail.chosen);
  const confirmation = fieldsOf(detail.confirmation);
  const before = numberOf(detail.tried_before) ?? 0;
  const tried = `${textOf(detail.tried) ?? '0'}${before === 0 ? '' : `, and ${before} before this search`}`;
  const isSearch = detail.model !== undefined;
  return factsBlock(
    [
      ['Disparity', criterion(detail)],
      ['Performance', metricName(textOf(detail.performance) ?? '')],
      ['Rule', isSearch ? ruleText(detail) : undefined],
      ['Alternatives tried', isSearch ? tried : undefined],
      ['Rows of the search', isSearch ? detail.searched_rows : undefined],
      [
        'Chosen',
        isSearch
          ? (nameOf(chosen) ?? 'none: no candidate had less disparity within the tolerance')
          : undefined,
      ],
      ['Confirmed', textOf(confirmation.result) ?? 'not looked at on rows apart'],
      ['Confirmation on this data, number', detail.confirmation_number],
    ],
    record.digest,
  );
}

function ruleText(detail: Fields): string {
  const tolerance = textOf(detail.tolerance) ?? '';
  return `least disparity among the candidates that give up at most ${tolerance} of performance; of equals the better performing, then the first declared; one cutoff for everyone`;
}

function criterion(detail: Fields): string {
  return `largest distance from equality over groups, by ${metricName(textOf(detail.governing) ?? '')}`;
}

function nameOf(candidate: Fields): string | undefined {
  const [score, cutoff] = [textOf(candidate.score), textOf(candidate.cutoff)];
  return score === undefined ? undefined : `${score} at ${cutoff ?? ''}`;
}

function gapNotices(detail: Fields): readonly Block[] {
  return listOf(detail.gaps).flatMap((gap): readonly Block[] => {
    const text = textOf(gap);
    return text === undefined ? [] : [{ kind: 'notice', tone: 'note', text: [plain(text)] }];
  });
}

function frontierFigure(detail: Fields, record: DossierRecord): readonly Block[] {
  const model = fieldsOf(detail.model);
  const chosen = nameOf(fieldsOf(detail.chosen));
  const all = [model, ...rowsOf(detail.candidates)];
  const pointsOf = (rows: readonly Fields[]) =>
    rows.flatMap((row) => {
      const [x, y] = [numberOf(row.disparity), numberOf(row.performance)];
      return x === undefined || y === undefined ? [] : [{ x, y }];
    });
  const frontier = pointsOf(all.filter((row) => row.frontier === true)).toSorted(
    (a, b) => a.x - b.x,
  );
  // One point that is joined to none is drawn above the line of the frontier, on which it may lie.
  const groups = [
    { name: 'tried', points: pointsOf(rowsOf(detail.candidates)) },
    { name: 'frontier', points: frontier, isJoined: true },
    { name: 'the model', points: pointsOf([model]), isJoined: true },
    {
      name: 'chosen',
      points: pointsOf(all.filter((row) => chosen !== undefined && nameOf(row) === chosen)),
      isJoined: true,
    },
  ].filter(({ points }) => points.length > 0);
  if (groups.length === 0) return [];
  return [
    {
      kind: 'figure',
      chart: {
        kind: 'scatter',
        x: { title: 'Disparity (distance from equality)' },
        y: { title: metricName(textOf(detail.performance) ?? '') },
        groups,
      },
      caption: `Performance against disparity of ${textOf(detail.tried) ?? ''} alternatives and the model`,
      cite: record.digest,
    },
  ];
}

// A frontier is read; hundreds of beaten candidates are in the record.
const LISTED_MAX = 30;

function frontierTable(detail: Fields, record: DossierRecord): readonly Block[] {
  const model = fieldsOf(detail.model);
  const all = [model, ...rowsOf(detail.candidates)].filter((row) => row.score !== undefined);
  const frontier = all.filter((row) => row === model || row.frontier === true);
  const shown = (frontier.length < LISTED_MAX && all.length <= LISTED_MAX ? all : frontier).slice(
    0,
    LISTED_MAX,
  );
  const what = shown.length === all.length ? 'All candidates' : 'The model and the frontier';
  return candidateTable(shown, `${what}, on the rows of the search`, record);
}

function candidateTable(
  rows: readonly Fields[],
  caption: string,
  record: DossierRecord,
): readonly Block[] {
  return tableBlock(
    [
      'Score',
      { title: 'Cutoff', ...NUMBER },
      { title: 'Performance', ...NUMBER },
      { title: 'Disparity', ...NUMBER },
      'Worst group',
      { title: 'Its criterion', ...NUMBER },
      { title: 'Approval rate', ...NUMBER },
      'Frontier',
    ],
    rows.map((row) => {
      const worst = fieldsOf(row.worst);
      const group = [worst.attribute, worst.group].flatMap((part) => textOf(part) ?? []);
      return [
        textOf(row.score),
        textOf(row.cutoff),
        measuredCell(textOf(row.performance) ?? 'none'),
        measuredCell(textOf(row.disparity) ?? 'too few'),
        group.join(': '),
        measuredCell(textOf(worst.value) ?? ''),
        measuredCell(textOf(row.approval_rate) ?? ''),
        row.frontier === true ? 'yes' : '',
      ];
    }),
    { caption, cite: record.digest },
  );
}

function confirmationBlocks(detail: Fields, record: DossierRecord): readonly Block[] {
  const found = fieldsOf(detail.confirmation);
  if (found.result === undefined) return [];
  const rows = measuredCell(textOf(found.rows) ?? '').text;
  return candidateTable(
    [fieldsOf(found.model), fieldsOf(found.alternative)],
    `Model and alternative on ${rows} rows that the search never saw: ${textOf(found.result)} for ${textOf(found.attribute)}: ${textOf(found.group)}`,
    record,
  );
}
