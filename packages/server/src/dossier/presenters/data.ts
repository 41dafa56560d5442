// SPDX-License-Identifier: Apache-2.0
import type { Block, Cell } from '../document.ts';
import { measuredCell } from '../shown-number.ts';
import {
  cellOf,
  contentOf,
  type DossierRecord,
  type Fields,
  factsBlock,
  fieldsOf,
  flatText,
  listOf,
  NUMBER,
  type Presenter,
  rowsOf,
  tableBlock,
  textOf,
} from './content.ts';
import { measuredBlocks, profileFigures } from './data-measures.ts';
import { jsonBlocks } from './generic.ts';

/** Splits of one dataset in one table; columns and profile of its largest profiled part, since parts share them. */
export const presentDatasetSnapshot: Presenter = (records) => {
  const [first, ...rest] = [...records].sort((a, b) => profiledRows(b) - profiledRows(a));
  if (first === undefined) return [];
  return [
    ...tableBlock(
      ['Dataset', 'Split', 'Sealed', { title: 'Rows', ...NUMBER }, 'Format', 'SHA-256 of content'],
      records.map((record) => {
        const content = contentOf(record);
        return [
          { text: textOf(content.dataset) ?? '', cite: record.digest },
          textOf(content.split),
          textOf(content.sealed),
          measuredCell(textOf(content.rows) ?? ''),
          textOf(content.format),
          { text: textOf(content.contentDigest) ?? '', style: 'code' as const },
        ];
      }),
      { caption: 'Snapshots' },
    ),
    ...sourceBlocks(fieldsOf(contentOf(first).source), first),
    ...exclusionBlocks(first),
    ...columnsTable(first),
    ...profileFigures(picturedColumns(contentOf(first)), first),
    ...rest.filter((record) => schemaOf(record) !== schemaOf(first)).flatMap(columnsTable),
  ];
};

/** Where the data is from and how it was drawn; the totals that its owner declared beside those found. */
function sourceBlocks(source: Fields, record: DossierRecord): readonly Block[] {
  if (Object.keys(source).length === 0) return [];
  // What was declared stands in the table of what was found.
  const { controlTotals, control_totals: declared, sampling, origin, ...rest } = source;
  const found = rowsOf(controlTotals);
  const { system, owner, licence, reference, as_of: asOf, ...further } = rest;
  const drawn = fieldsOf(sampling);
  return [
    { kind: 'heading', level: 3, text: 'Source' },
    ...factsBlock(
      [
        ['System', system],
        ['Owner', owner],
        ['Licence', licence],
        ['Reference', reference],
        ['As of', asOf],
        ['Made by', flatText(origin ?? '')],
        ['Sampling', drawn.method],
        ['Prior of the sample', drawn.prior],
        ['Weights', flatText(drawn.weights ?? '')],
        ['Reason for the weights', drawn.why],
      ],
      record.digest,
    ),
    ...jsonBlocks(further, { cite: record.digest, title: 'Source, further' }),
    ...(found.length > 0
      ? []
      : jsonBlocks(declared, { cite: record.digest, title: 'Control totals declared' })),
    ...tableBlock(
      ['Total', { title: 'Declared', ...NUMBER }, { title: 'Found', ...NUMBER }, 'Agrees'],
      found.map((row) => [
        textOf(row.what),
        measuredCell(textOf(row.declared) ?? ''),
        measuredCell(textOf(row.found) ?? ''),
        row.agrees === true ? { text: 'yes' } : { text: 'no', style: 'strong' as const },
      ]),
      { caption: 'Control totals', cite: record.digest },
    ),
  ];
}

/** Rules in the order in which they took rows; what is written otherwise is shown as it stands. */
function exclusionBlocks(record: DossierRecord): readonly Block[] {
  const { exclusions } = contentOf(record);
  const rules = rowsOf(fieldsOf(exclusions).rows);
  const isKnown = Object.keys(fieldsOf(exclusions)).every((key) => /^(rows|columns)$/.test(key));
  if (!isKnown || typeof exclusions === 'string')
    return jsonBlocks(exclusions, { cite: record.digest, title: 'Exclusions' });
  return [
    ...tableBlock(
      [
        'Rows excluded where',
        'Reason',
        'Clause',
        { title: 'Before', ...NUMBER },
        { title: 'Excluded', ...NUMBER },
        { title: 'After', ...NUMBER },
        'Declared sums after',
      ],
      rules.map((rule) => [
        { text: textOf(rule.where) ?? '', style: 'code' as const },
        textOf(rule.reason),
        textOf(rule.clause),
        cellOf(rule.before),
        cellOf(rule.excluded),
        cellOf(rule.after),
        rowsOf(rule.totals)
          .map((total) => `${textOf(total.what) ?? ''} ${textOf(total.after) ?? ''}`)
          .join(', '),
      ]),
      { caption: 'Exclusion waterfall', cite: record.digest },
    ),
    ...tableBlock(
      ['Column', 'Reason', 'Clause'],
      rowsOf(fieldsOf(exclusions).columns).map((row) => [
        textOf(row.column),
        textOf(row.reason),
        textOf(row.clause),
      ]),
      { caption: 'Columns withheld from every step', cite: record.digest },
    ),
  ];
}

// The whole as read has no profile of its own where it is split.
function profiledRows(record: DossierRecord): number {
  const content = contentOf(record);
  const rows = typeof content.rows === 'number' ? content.rows : 0;
  return profileRows(content).length === 0 ? -1 : rows;
}

function schemaOf(record: DossierRecord): string | undefined {
  return textOf(contentOf(record).schemaDigest);
}

function columnsTable(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  const profiles = new Map(
    profileRows(content).map((row) => [textOf(row.name ?? row.column) ?? '', row]),
  );
  return tableBlock(
    [
      'Column',
      'Type',
      'Role',
      { title: 'Missing', ...NUMBER },
      { title: 'Distinct', ...NUMBER },
      { title: 'Mean', ...NUMBER },
      'Commonest values or range',
    ],
    rowsOf(content.columns).map((column) => {
      const profile = profiles.get(textOf(column.name) ?? '') ?? {};
      return [
        textOf(column.name),
        textOf(column.type),
        textOf(column.role),
        cellOf(profile.missing),
        cellOf(profile.distinct),
        meanCell(profile),
        valuesText(profile),
      ];
    }),
    {
      caption: `Columns and profile of ${textOf(content.dataset) ?? 'the dataset'}, ${textOf(content.split) ?? 'whole'}`,
      cite: record.digest,
    },
  );
}

function profileRows(content: Fields): readonly Fields[] {
  const profile = rowsOf(content.profile);
  return profile.length > 0 ? profile : rowsOf(fieldsOf(content.profile).columns);
}

/** Numbers that only tell rows apart have no distribution to speak of. */
function picturedColumns(content: Fields): readonly Fields[] {
  const ids = rowsOf(content.columns).flatMap(({ name, role }) =>
    textOf(role) === 'id' ? (textOf(name) ?? []) : [],
  );
  return profileRows(content).filter(({ name }) => !ids.includes(textOf(name) ?? ''));
}

function meanCell(profile: Fields): Cell {
  return measuredCell(textOf(profile.mean) ?? '');
}

const TOP_MAX = 3;

function valuesText(profile: Fields): string {
  const quantiles = rowsOf(profile.quantiles);
  const [low, high] = [quantiles.at(0), quantiles.at(-1)];
  if (textOf(profile.mean) !== undefined && low !== undefined && high !== undefined) {
    return `${measuredCell(textOf(low.value) ?? '').text} to ${measuredCell(textOf(high.value) ?? '').text}`;
  }
  const top = rowsOf(profile.top).slice(0, TOP_MAX);
  return top
    .map((row) => `${textOf(row.value) ?? ''} (${measuredCell(textOf(row.count) ?? '').text})`)
    .join(', ');
}

export const presentDataQuality: Presenter = (records) =>
  records.flatMap((record) => [
    ...tableBlock(
      [
        'Check',
        'Severity',
        { title: 'Threshold', ...NUMBER },
        { title: 'Measured', ...NUMBER },
        'Result',
      ],
      rowsOf(contentOf(record).checks).map((row) => [
        textOf(row.check),
        textOf(row.severity),
        cellOf(row.threshold),
        cellOf(row.value),
        verdictCell(textOf(row.result)),
      ]),
      {
        caption: `Data quality checks of ${textOf(contentOf(record).dataset) ?? 'the dataset'}`,
        cite: record.digest,
      },
    ),
    ...measuredBlocks(fieldsOf(contentOf(record).measures), record),
  ]);

/** A verdict, set off when it is not a pass. */
export function verdictCell(verdict: string | undefined): Cell {
  const text = (verdict ?? '').replaceAll('-', ' ');
  return text === 'pass' || text === 'informational' || text === ''
    ? { text }
    : { text, style: 'strong' };
}

export const presentRepresentativeness: Presenter = (records) =>
  records.flatMap((record) => {
    const content = contentOf(record);
    return [
      ...factsBlock(
        [
          ['Target population', content.population],
          ['Conclusion', content.conclusion],
        ],
        record.digest,
      ),
      ...tableBlock(
        [
          'Attribute',
          'Group',
          { title: 'Rows', ...NUMBER },
          { title: 'Share', ...NUMBER },
          { title: 'Declared share', ...NUMBER },
        ],
        rowsOf(content.groups).map((row) => [
          textOf(row.attribute),
          textOf(row.group),
          cellOf(row.rows),
          measuredCell(textOf(row.share) ?? ''),
          cellOf(row.declared),
        ]),
        { caption: 'Groups in the data', cite: record.digest },
      ),
      ...listOf(content.gaps).flatMap((gap) => jsonBlocks(gap, { cite: record.digest })),
    ];
  });
