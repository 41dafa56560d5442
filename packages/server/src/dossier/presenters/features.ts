// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../document.ts';
import { plain } from '../document.ts';
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

/** The measured catalogue: what it lacks, each input, its proxy screen, and what each step did between tables. */
export const presentFeatureCatalogue: Presenter = (records) => records.flatMap(catalogueBlocks);

function catalogueBlocks(record: DossierRecord): readonly Block[] {
  const content = contentOf(record);
  return [
    ...lackingNotice(content),
    ...inputsTable(content, record),
    ...screenBlocks(content, record),
    ...rowsOf(content.transformations).flatMap((step) => stepBlocks(step, record)),
  ];
}

function lackingNotice(content: Fields): readonly Block[] {
  return rowsOf(content.lacking).map((one) => ({
    kind: 'notice',
    tone: 'stale',
    text: [
      plain(
        `Incomplete: ${textOf(one.input) ?? ''} lacks ${listOf(one.what).map(flatText).join('; ')}.`,
      ),
    ],
  }));
}

function inputsTable(content: Fields, record: DossierRecord): readonly Block[] {
  return tableBlock(
    ['Input', 'Definition', 'Comes from', 'Transform', 'Justification', 'Reason text'],
    rowsOf(content.inputs).map((input) => [
      textOf(input.input),
      textOf(input.definition),
      lineageText(input),
      textOf(input.transform),
      textOf(input.justification),
      textOf(input.reasonText),
    ]),
    { caption: 'Inputs of the model', cite: record.digest },
  );
}

function lineageText(input: Fields): string {
  return rowsOf(input.lineage)
    .map(({ dataset, column, marks }) => {
      const marked = listOf(marks).map(flatText).join(', ');
      return `${textOf(dataset)}.${textOf(column)}${marked === '' ? '' : ` (${marked})`}`;
    })
    .join(', ');
}

function screenBlocks(content: Fields, record: DossierRecord): readonly Block[] {
  const screen = fieldsOf(content.screen);
  const inputs = rowsOf(content.inputs);
  const rows = inputs.flatMap((input) => [
    ...rowsOf(input.screen).map((result) => [
      textOf(input.input),
      textOf(result.attribute),
      measuredCell(textOf(result.auc) ?? 'none'),
      cellOf(fieldsOf(result.limits).auc),
      measuredCell(textOf(result.nmi) ?? ''),
      textOf(result.verdict),
      textOf(result.verdict) === 'above' ? textOf(input.proxyReason) : '',
    ]),
    ...(textOf(input.unscreened) === undefined
      ? []
      : [[textOf(input.input), 'not screened', '', '', '', '', textOf(input.unscreened)]]),
  ]);
  return [
    ...tableBlock(
      [
        'Input',
        'Protected attribute',
        { title: 'Area', ...NUMBER },
        { title: 'Limit', ...NUMBER },
        { title: 'Mutual information', ...NUMBER },
        'Verdict',
        'Reason',
      ],
      rows,
      {
        caption: 'Proxy screen: what an input tells of a protected attribute',
        cite: record.digest,
      },
    ),
    ...factsBlock(
      [
        ['Screened on', screen.data],
        ['Digest of the data', screen.digest],
        ['Method', screen.method],
        ['Source of the method', screen.source],
      ],
      record.digest,
    ),
  ];
}

function stepBlocks(step: Fields, record: DossierRecord): readonly Block[] {
  const tables = rowsOf(step.tables);
  const name = textOf(step.step) ?? '';
  return [
    ...tableBlock(
      [
        'From',
        'To',
        { title: 'Rows before', ...NUMBER },
        { title: 'Rows after', ...NUMBER },
        'Filtered by key',
        'Added',
        'Dropped',
      ],
      tables.flatMap((table) => rowsOf(table.sources).map((source) => tableRow(table, source))),
      { caption: `What step ${name} did between tables`, cite: record.digest },
    ),
    ...tableBlock(
      [
        'Table',
        'Column',
        'Type',
        'Missing',
        'Imputed with',
        'Changed',
        { title: 'PSI', ...NUMBER },
      ],
      tables.flatMap((table) =>
        rowsOf(table.sources).flatMap((source) =>
          rowsOf(source.shared)
            .filter(isTold)
            .map((column) => columnRow(textOf(table.output), column)),
        ),
      ),
      { caption: `Columns that step ${name} changed`, cite: record.digest },
    ),
    ...tableBlock(
      ['File', 'Git blob', 'At commit'],
      rowsOf(step.code).map(({ path, gitBlob }) => [
        textOf(path),
        { text: textOf(gitBlob) ?? '', style: 'code' as const },
        { text: textOf(step.commit)?.slice(0, COMMIT_SHOWN) ?? '', style: 'code' as const },
      ]),
      { caption: `Code of step ${name}`, cite: record.digest },
    ),
  ];
}

function tableRow(table: Fields, source: Fields) {
  const rows = fieldsOf(source.rows);
  const filtered = textOf(rows.filtered);
  const names = (list: readonly Fields[]) => list.map(({ column }) => textOf(column)).join(', ');
  return [
    textOf(source.input),
    textOf(table.output),
    measuredCell(textOf(rows.before) ?? ''),
    measuredCell(textOf(rows.after) ?? ''),
    filtered === undefined ? 'no shared key' : `${filtered} by ${textOf(source.key)}`,
    names(rowsOf(table.added)),
    names(rowsOf(source.dropped)),
  ];
}

/** A column that stayed as it was needs no line. */
function isTold(column: Fields): boolean {
  const type = fieldsOf(column.type);
  const missing = fieldsOf(column.missing);
  const isMoved = Number(textOf(column.changed) ?? '0') > 0;
  const isShifted = Number(textOf(column.psi) ?? '0') > 0;
  return type.before !== type.after || missing.before !== missing.after || isMoved || isShifted;
}

function columnRow(output: string | undefined, column: Fields) {
  const type = fieldsOf(column.type);
  const missing = fieldsOf(column.missing);
  const imputed = fieldsOf(column.imputed);
  const values = rowsOf(imputed.values).map(
    ({ value, rows }) => `${textOf(value)} (${textOf(rows)})`,
  );
  const pair = (both: Fields) =>
    textOf(both.before) === textOf(both.after)
      ? textOf(both.before)
      : `${textOf(both.before)} → ${textOf(both.after)}`;
  return [
    output,
    textOf(column.column),
    pair(type),
    pair(missing),
    values.join(', '),
    textOf(column.changed) ?? 'not known',
    measuredCell(textOf(column.psi) ?? ''),
  ];
}

/** Enough of a commit to find it; the whole stands with the source revision. */
const COMMIT_SHOWN = 12;
