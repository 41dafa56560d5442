// SPDX-License-Identifier: Apache-2.0
import type { ColumnDiff, DataDiff } from '@countersign/analysis';
import { shortDecimal } from './short-decimal.ts';
import { fields, table } from './table.ts';

const CATEGORIES_SHOWN = 5;

/** A comparison for a person: rows, schema, then columns with the most changed first. */
export function describeDataDiff(
  diff: DataDiff,
  [first, second]: readonly [string, string],
): readonly string[] {
  return [
    `${first} → ${second}`,
    '',
    ...fields(rowFacts(diff)),
    ...section('schema', schemaLines(diff)),
    ...section('columns, the most changed first', columnLines(diff)),
    ...section('control totals', totalLines(diff)),
    ...section('categories', categoryLines(diff)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines];
}

function rowFacts({ rows }: DataDiff): readonly (readonly [string, string | undefined])[] {
  const by = rows.by === 'key' ? `by ${rows.key}` : 'whole rows, each as often as it occurs';
  return [
    ['rows', `${rows.first} → ${rows.second}`],
    ['compared', by],
    ['added', String(rows.added)],
    ['removed', String(rows.removed)],
    ['changed', rows.changed === null ? undefined : String(rows.changed)],
    ['equal', String(rows.equal)],
    [
      `values of ${rows.key}`,
      rows.keys === null ? undefined : `${rows.keys.added} added, ${rows.keys.removed} removed`,
    ],
  ];
}

function schemaLines({ schema }: DataDiff): readonly string[] {
  return table(
    ['column', 'what', 'before', 'after'],
    [
      ...schema.added.map(({ column, type }) => [column, 'added', '', type]),
      ...schema.removed.map(({ column, type }) => [column, 'removed', type, '']),
      ...schema.changed.map(({ column, what, first, second }) => [column, what, first, second]),
    ],
  );
}

function columnLines({ columns }: DataDiff): readonly string[] {
  return table(
    ['column', 'PSI', 'test', 'effect', 'p', 'missing', 'distinct', 'changed rows'],
    columns.map(({ column, psi, test, missing, distinct, changedRows }) => [
      column,
      psi === null ? 'none' : shortDecimal(psi.value),
      test === null ? '' : test.name === 'chi-squared' ? 'χ²' : 'KS',
      test === null ? '' : shortDecimal(test.effect),
      test === null ? '' : shortDecimal(test.pValue),
      change(shortDecimal(missing.first), shortDecimal(missing.second)),
      change(String(distinct.first), String(distinct.second)),
      changedRows ?? '',
    ]),
  );
}

function totalLines({ columns }: DataDiff): readonly string[] {
  const rows = columns.flatMap(({ column, total, mean }) =>
    total === null
      ? []
      : [
          [
            column,
            change(total.first, total.second),
            mean === null ? '' : change(shortDecimal(mean.first), shortDecimal(mean.second)),
          ],
        ],
  );
  return table(['column', 'sum', 'mean'], rows);
}

function categoryLines({ columns }: DataDiff): readonly string[] {
  const listed = ({ newCategories, lostCategories, column }: ColumnDiff) => [
    ...(newCategories.count === 0 ? [] : [[column, 'new', ...shown(newCategories)]]),
    ...(lostCategories.count === 0 ? [] : [[column, 'lost', ...shown(lostCategories)]]),
  ];
  return table(['column', '', 'how many', 'commonest (rows)'], columns.flatMap(listed));
}

function shown({ count, shown: list }: ColumnDiff['newCategories']): readonly string[] {
  const some = list.slice(0, CATEGORIES_SHOWN).map(({ value, rows }) => `${value} (${rows})`);
  return [String(count), some.join(', ')];
}

function change(first: string, second: string): string {
  return first === second ? first : `${first} → ${second}`;
}
