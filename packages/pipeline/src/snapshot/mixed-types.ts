// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import { inBatches } from './batched-columns.ts';
import type { SnapshotPlace } from './columns.ts';
import type { ColumnFinding } from './data-measures.ts';
import type { SnapshotColumn } from './dataset-snapshot.ts';
import { type LoadedTable, lineOfRow } from './load-table.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName, ROW_NUMBER } from './sql-text.ts';

/** A text column of which at least this share reads as one other type is taken for that type with errors in it. */
const COMMON_SHARE_MIN = 0.9;
const VALUE_SHOWN_MAX = 80;

/** Looser than what types a column: codes with leading zeros are digits too, so `01067` among postcodes is no error. */
const READS_AS = {
  number: (text: string) => `TRY_CAST(${text} AS DOUBLE) IS NOT NULL`,
  date: (text: string) =>
    `(regexp_full_match(${text}, '[0-9]{4}-[0-9]{2}-[0-9]{2}.*') AND TRY_CAST(${text} AS TIMESTAMP) IS NOT NULL)`,
  boolean: (text: string) => `regexp_full_match(${text}, '(?i)true|false')`,
} as const;

type CommonType = keyof typeof READS_AS;
const TYPES = Object.keys(READS_AS) as readonly CommonType[];

interface Mixed {
  readonly column: string;
  readonly type: CommonType;
  readonly present: number;
  readonly others: number;
  readonly row: number;
}

/** Text columns of `readable` that are nearly all numbers, dates or truth values, with the first value that is not. */
export async function findMixedTypes(
  database: SnapshotDatabase,
  columns: readonly SnapshotColumn[],
  at: { readonly table: LoadedTable; readonly place: SnapshotPlace },
): Promise<readonly ColumnFinding[]> {
  const texts = columns.filter(({ type }) => type === 'text');
  const mixed = await inBatches(texts, (batch) => readMixed(database, batch));
  const findings: ColumnFinding[] = [];
  for (const one of mixed.flat()) findings.push(await describe(database, one, at));
  return findings;
}

async function readMixed(
  database: SnapshotDatabase,
  columns: readonly SnapshotColumn[],
): Promise<readonly (readonly Mixed[])[]> {
  const picks = columns.flatMap(({ name }, index) => {
    const column = quoteName(name);
    return [
      `count(${column}) AS n${index}`,
      ...TYPES.flatMap((type) => {
        const other = `${column} IS NOT NULL AND NOT ${READS_AS[type](column)}`;
        return [
          `count(*) FILTER (WHERE ${other}) AS ${type}${index}`,
          `min(${ROW_NUMBER}) FILTER (WHERE ${other}) AS ${type}_row${index}`,
        ];
      }),
    ];
  });
  const [row] = await database.rows(`SELECT ${picks.join(', ')} FROM readable`);
  return columns.map(({ name }, index) => {
    const present = Number(row?.[`n${index}`]);
    const judged = TYPES.map((type) => ({
      column: name,
      type,
      present,
      others: Number(row?.[`${type}${index}`]),
      row: Number(row?.[`${type}_row${index}`]),
    }));
    return judged
      .filter(({ others }) => others > 0 && present - others >= present * COMMON_SHARE_MIN)
      .slice(0, 1);
  });
}

async function describe(
  database: SnapshotDatabase,
  { column, type, present, others, row }: Mixed,
  { table, place }: { readonly table: LoadedTable; readonly place: SnapshotPlace },
): Promise<ColumnFinding> {
  const [found] = await database.rows(
    `SELECT ${quoteName(column)} AS value FROM readable WHERE ${ROW_NUMBER} = ${row}`,
  );
  const value = String(found?.value ?? '').slice(0, VALUE_SHOWN_MAX);
  const line = await lineOfRow(table, place.path, row);
  const share = canonicalDecimal((present - others) / present);
  const where = line === null ? `row ${row}` : `line ${line}`;
  const said = `a share of ${share} reads as ${type}; ${others} values do not, the first is \`${value}\` at ${where}`;
  return { finding: 'mixed-type', column, said, other: null, value, line, row };
}
