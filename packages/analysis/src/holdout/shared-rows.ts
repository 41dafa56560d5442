// SPDX-License-Identifier: Apache-2.0
import { type ColumnTypes, identifier } from '../table/column-type.ts';
import { type TableSource, withRelation } from '../table/load-table.ts';
import type { Table } from '../table/table.ts';

const KNOWN = 'known_rows';

/** Rows that somebody had before, and by what two rows are the same. */
export interface KnownRows {
  readonly sources: readonly TableSource[];
  readonly id?: string | undefined;
  readonly unit?: string | undefined;
  /** Columns of which a row is made; id and unit are not among them. */
  readonly columns: readonly string[];
}

/** How many rows of a table stand among known ones; each row of the table counts once. */
export interface SharedRows {
  readonly rows: number;
  readonly known: number;
  readonly id?: SharedBy;
  readonly unit?: SharedBy;
  /** Equal in every column of `columns`, missing cells included. */
  readonly row: SharedBy;
}

export interface SharedBy {
  readonly rows: number;
  /** The first of them, counted from 1; null when there is none. */
  readonly first: number | null;
}

/**
 * Counts the rows of a table that stand among known rows: by id, by unit, and by equality of every compared column. The
 * counts do not depend on the order of either.
 * @throws AnalysisError `column_missing` for a column that either lacks, and those of reading a table
 */
export async function sharedRows(table: Table, known: KnownRows): Promise<SharedRows> {
  const { id, unit, columns, sources } = known;
  const wanted = [...new Set([...columns, ...[id, unit].flatMap((name) => name ?? [])])];
  for (const name of wanted) table.column(name);
  const types: ColumnTypes = Object.fromEntries(
    wanted.map((name) => [name, table.columns.get(name) ?? 'text']),
  );
  const listed = wanted.map(identifier).join(', ');
  await table.run(
    `CREATE OR REPLACE TEMP TABLE ${KNOWN} AS SELECT ${listed} FROM ${table.relation} LIMIT 0`,
  );
  try {
    for (const source of sources) {
      await withRelation(table, source, { columns: types, others: 'ignore' }, ({ select }) =>
        table.run(`INSERT INTO ${KNOWN} SELECT ${listed} FROM (${select})`),
      );
    }
    const [counts] = await table.select(`SELECT count(*) FROM ${KNOWN}`);
    const equal = columns
      .map((name) => `k.${identifier(name)} IS NOT DISTINCT FROM r.${identifier(name)}`)
      .join(' AND ');
    return {
      rows: table.rowCount,
      known: Number(counts?.[0] ?? 0),
      ...(id === undefined ? {} : { id: await sharedBy(table, equalIn(id)) }),
      ...(unit === undefined ? {} : { unit: await sharedBy(table, equalIn(unit)) }),
      row: await sharedBy(table, equal === '' ? 'false' : equal),
    };
  } finally {
    await table.run(`DROP TABLE ${KNOWN}`);
  }
}

// A missing id is nobody's: equality leaves it out.
function equalIn(column: string): string {
  return `k.${identifier(column)} = r.${identifier(column)}`;
}

async function sharedBy(table: Table, match: string): Promise<SharedBy> {
  const [rows, first] = await table.select(
    `SELECT count(*), min(r.rowid) FROM ${table.relation} r WHERE EXISTS (SELECT 1 FROM ${KNOWN} k WHERE ${match})`,
  );
  const at = first?.[0];
  return {
    rows: Number(rows?.[0] ?? 0),
    first: at === null || at === undefined ? null : Number(at) + 1,
  };
}
