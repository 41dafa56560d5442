// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { Block, Cell } from '../document.ts';
import { plain } from '../document.ts';
import { measuredCell, shownNumber } from '../shown-number.ts';
import {
  citesOf,
  contentOf,
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  labelOf,
  limitText,
  listOf,
  NUMBER,
  namedGroup,
  numberOf,
  type Presenter,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { verdictCell } from './data.ts';
import { detailBlocks } from './detail.ts';
import { heldBackBlocks } from './kinds/held-back-rows.ts';
import { intervalName, metricName } from './metric-names.ts';

/** Any report of measurements: what was measured on what, figures with intervals, pictures, caveats. */
export const presentMeasurements: Presenter = (records) =>
  records.flatMap((record) => [
    ...(records.length === 1 ? [] : [reportHeading(record)]),
    ...measurementBlocks(record),
  ]);

const PHASES: Readonly<Record<string, string>> = {
  development: 'Developer’s tests',
  validation: 'Validator’s tests',
  staging: 'Before the staging warrant',
  monitoring: 'Monitoring',
};

/** Tells one report from the next where an evidence item has several. */
function reportHeading(record: DossierRecord): Block {
  const { phase, data } = contentOf(record);
  const { kind } = record.statement.predicate;
  const who = PHASES[textOf(phase) ?? ''] ?? labelOf(textOf(phase) ?? 'report');
  const what = kind === undefined ? '' : `, ${labelOf(kind).toLowerCase()}`;
  const where = textOf(fieldsOf(data).description);
  return {
    kind: 'heading',
    level: 3,
    text: `${who}${what}${where === undefined ? '' : `: ${where}`}`,
  };
}

/** See `presentMeasurements`; for one record. */
export function measurementBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const all = rowsOf(content.measurements);
  const segments = all.filter((row) => row.segment !== undefined);
  const groups = all.filter((row) => row.segment === undefined && row.group !== undefined);
  const overall = all.filter((row) => row.segment === undefined && row.group === undefined);
  return [
    ...aboutBlocks(record),
    ...heldBackBlocks(record),
    ...caveatBlocks(content.detail),
    ...overallTable(overall, record),
    ...detailBlocks(record, { overall, groups }),
    ...groupTables(groups, record),
    ...segmentTables(segments, record),
    ...methodsTable(all, record),
  ];
}

function aboutBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const data = fieldsOf(content.data);
  return factsBlock(
    [
      ['Conclusion', content.conclusion],
      ['Phase', textOf(content.phase)],
      ['Kind', record.statement.predicate.kind],
      ['Data', data.description],
      ['Rows', measuredCell(textOf(data.rows) ?? '').text],
      ['Digest of the data', data.digest],
      ['Against plan', undefined, citesOf(content.plan)],
      ['Measured by', record.statement.predicate.actor],
    ],
    record.digest,
  );
}

function caveatBlocks(detail: Json | undefined): readonly Block[] {
  const caveats = listOf(fieldsOf(detail).caveats).flatMap((item) => textOf(item) ?? []);
  return caveats.map((text) => ({ kind: 'notice', tone: 'note', text: [plain(text)] }));
}

function overallTable(rows: readonly Fields[], record: DossierRecord): readonly Block[] {
  return tableBlock(
    ['Metric', ...FIGURE_COLUMNS],
    rows.map((row) => [metricName(textOf(row.metric) ?? ''), ...figureCells(row)]),
    { caption: `Figures${levelNote(rows)}`, cite: record.digest },
  );
}

// One table per attribute and reference, so that a row is told by its group alone.
function groupTables(rows: readonly Fields[], record: DossierRecord): readonly Block[] {
  const tables = new Map<string, Fields[]>();
  for (const row of rows) {
    const key = `${namedGroup(row.group).attribute}\n${namedGroup(row.reference).value}`;
    tables.set(key, [...(tables.get(key) ?? []), row]);
  }
  return [...tables].flatMap(([key, own]) => {
    const [attribute = '', reference = ''] = key.split('\n');
    const against = reference === '' ? '' : ` against ${reference}`;
    const by = attribute === '' ? 'By group' : `By ${attribute}`;
    return tableBlock(
      [attribute === '' ? 'Group' : labelOf(attribute), 'Metric', ...FIGURE_COLUMNS],
      own.map((row) => [
        groupWord(row.group),
        metricName(textOf(row.metric) ?? ''),
        ...figureCells(row),
      ]),
      { caption: `${by}${against}${levelNote(own)}`, cite: record.digest },
    );
  });
}

/** A group's value as readers call it: one that is itself a metric by the metric's name. */
function groupWord(group: Json | undefined): string {
  const { attribute, value } = namedGroup(group);
  return attribute === 'metric' ? metricName(value) : value;
}

/** Of the cells that `figureCells` gives. */
const FIGURE_COLUMNS = [
  { title: 'Value', ...NUMBER },
  { title: 'Interval', ...NUMBER },
  { title: 'Rows', ...NUMBER },
  { title: 'Limit', ...NUMBER },
  'Verdict',
] as const;

function figureCells(row: Fields): readonly Cell[] {
  const limit = fieldsOf(row.limit);
  return [
    measuredCell(textOf(row.value) ?? 'none'),
    intervalCell(row),
    measuredCell(textOf(row.n) ?? ''),
    { text: limitText(limit.op, limit.value) },
    verdictCell(textOf(row.verdict)),
  ];
}

function intervalCell(row: Fields): Cell {
  const { low, high } = fieldsOf(row.interval);
  const [from, to] = [textOf(low), textOf(high)];
  if (from === undefined && to === undefined) return { text: '' };
  const shown = (text: string | undefined) => (text === undefined ? '∞' : measuredCell(text).text);
  return { text: `${shown(from)} to ${shown(to)}`, exact: `${from ?? '∞'} to ${to ?? '∞'}` };
}

/** `, intervals at 95 %` when every interval of the rows has the same level. */
function levelNote(rows: readonly Fields[]): string {
  const levels = new Set(rows.flatMap((row) => textOf(fieldsOf(row.interval).level) ?? []));
  const [level] = levels;
  const share = numberOf(level);
  if (levels.size !== 1 || share === undefined) return '';
  return `, intervals at ${shownNumber(Number((share * 100).toFixed(4)))} %`;
}

const METRICS_PER_TABLE = 4;

// By attribute, since each may have metrics of its own; figures with a limit in full, the others side by side.
function segmentTables(rows: readonly Fields[], record: DossierRecord): readonly Block[] {
  const attributes = new Map<string, Fields[]>();
  for (const row of rows) {
    const { attribute } = namedGroup(row.segment);
    attributes.set(attribute, [...(attributes.get(attribute) ?? []), row]);
  }
  return [...attributes].flatMap(([attribute, own]) => {
    const isJudged = own.some(({ limit }) => limit !== undefined);
    return isJudged ? judgedSegments(attribute, own, record) : sideBySide(attribute, own, record);
  });
}

function judgedSegments(
  attribute: string,
  rows: readonly Fields[],
  record: DossierRecord,
): readonly Block[] {
  return tableBlock(
    [attribute === '' ? 'Segment' : labelOf(attribute), 'Metric', ...FIGURE_COLUMNS],
    rows.map((row) => [
      groupWord(row.segment),
      metricName(textOf(row.metric) ?? ''),
      ...figureCells(row),
    ]),
    { caption: `${segmentsBy(attribute)}${levelNote(rows)}`, cite: record.digest },
  );
}

function segmentsBy(attribute: string): string {
  return attribute === '' ? 'Segments' : `By ${labelOf(attribute).toLowerCase()}`;
}

// Many metrics of many segments: a row per segment, a few metrics side by side.
function sideBySide(
  attribute: string,
  rows: readonly Fields[],
  record: DossierRecord,
): readonly Block[] {
  const names = (key: string) => [...new Set(rows.flatMap((row) => textOf(row[key]) ?? []))];
  const segments = names('segment');
  const metrics = names('metric');
  const byPlace = new Map(
    rows.map((row) => [`${textOf(row.segment)}\n${textOf(row.metric)}`, row] as const),
  );
  return chunksOf(metrics, METRICS_PER_TABLE).flatMap((part, index) =>
    tableBlock(
      [
        attribute === '' ? 'Segment' : labelOf(attribute),
        { title: 'Rows', ...NUMBER },
        ...part.map((metric) => ({ title: metricName(metric), ...NUMBER })),
      ],
      segments.map((segment) => {
        const cells = part.map((metric) => byPlace.get(`${segment}\n${metric}`));
        const rowCount = cells.find((row) => row !== undefined)?.n;
        return [
          groupWord(segment),
          measuredCell(textOf(rowCount) ?? ''),
          ...cells.map(segmentCell),
        ];
      }),
      {
        caption: `${segmentsBy(attribute)}${levelNote(rows)}${index === 0 ? '' : ', continued'}`,
        cite: record.digest,
      },
    ),
  );
}

function segmentCell(row: Fields | undefined): Cell {
  if (row === undefined) return { text: '' };
  const value = measuredCell(textOf(row.value) ?? 'none');
  const interval = intervalCell(row);
  const verdict = textOf(row.verdict);
  // A group with too few events has no figure worth a name: the word stands in its place.
  if (verdict === 'too-few') return { text: 'too few' };
  const mark =
    verdict === undefined || ['informational', 'pass'].includes(verdict) ? '' : ` ${verdict}`;
  return {
    text: `${value.text}${interval.text === '' ? '' : ` (${interval.text})`}${mark}`,
    exact: `${value.exact ?? value.text} (${interval.exact ?? ''})`,
  };
}

function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function methodsTable(rows: readonly Fields[], record: DossierRecord): readonly Block[] {
  const methods = new Map(
    rows.map((row) => [
      textOf(row.metric) ?? '',
      [textOf(row.method), textOf(fieldsOf(row.interval).method)],
    ]),
  );
  return tableBlock(
    ['Metric', 'Formula', 'Interval'],
    [...methods].map(([metric, [formula, interval]]) => [
      metricName(metric),
      formula,
      intervalName(interval),
    ]),
    { caption: 'Methods', cite: record.digest },
  );
}
