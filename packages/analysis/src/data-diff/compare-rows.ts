// SPDX-License-Identifier: Apache-2.0
import { type OpenedTable, quoteName, type SnapshotDatabase } from '@countersign/pipeline';
import { AnalysisError } from '../errors.ts';
import type { CommonColumn } from './compare-schema.ts';
import type { RowDiff } from './diff-report.ts';

/** Columns counted in one statement. */
const BATCH = 100;

export interface TablePair {
  readonly first: OpenedTable;
  readonly second: OpenedTable;
  readonly common: readonly CommonColumn[];
}

/**
 * Rows added, removed and changed: by `key` where both tables have it and each of its values one row, otherwise as a
 * multiset of whole rows over the common columns.
 * @throws AnalysisError `column_missing` for a key that a table does not have
 */
export async function compareRows(
  database: SnapshotDatabase,
  pair: TablePair,
  key: string | undefined,
): Promise<RowDiff> {
  if (key === undefined) return compareWholeRows(database, pair, null);
  if (!pair.common.some(({ name }) => name === key)) {
    throw new AnalysisError('column_missing', `\`${key}\` is no column of both tables`, {
      details: { column: key },
    });
  }
  const isUnique = await isKeyOfBoth(database, pair, key);
  return isUnique ? compareByKey(database, pair, key) : compareWholeRows(database, pair, key);
}

async function isKeyOfBoth(
  database: SnapshotDatabase,
  { first, second }: TablePair,
  key: string,
): Promise<boolean> {
  const name = quoteName(key);
  for (const { relation } of [first, second]) {
    const [row] = await database.rows(
      `SELECT count(*) = count(DISTINCT ${name}) AS is_key FROM ${relation}`,
    );
    if (row?.is_key !== true) return false;
  }
  return true;
}

async function compareByKey(
  database: SnapshotDatabase,
  { first, second, common }: TablePair,
  key: string,
): Promise<RowDiff> {
  const compared = common.filter(({ name }) => name !== key);
  const joined = `${first.relation} a JOIN ${second.relation} b ON ${text('a', key)} = ${text('b', key)}`;
  const counts: { column: string; rows: number }[] = [];
  for (let start = 0; start < compared.length; start += BATCH) {
    const batch = compared.slice(start, start + BATCH);
    const picks = batch.map(
      (column, index) => `count(*) FILTER (WHERE ${isOther(column)}) AS c${index}`,
    );
    const [row] = await database.rows(`SELECT ${picks.join(', ')} FROM ${joined}`);
    batch.forEach(({ name }, index) => {
      counts.push({ column: name, rows: Number(row?.[`c${index}`]) });
    });
  }
  const any = compared.map(isOther).join(' OR ') || 'false';
  const [row] = await database.rows(
    `SELECT count(*) AS both, count(*) FILTER (WHERE ${any}) AS changed FROM ${joined}`,
  );
  const [both, changed] = [Number(row?.both), Number(row?.changed)];
  return {
    by: 'key',
    key,
    added: second.rows - both,
    removed: first.rows - both,
    changed,
    equal: both - changed,
    keys: null,
    changedByColumn: counts,
  };
}

async function compareWholeRows(
  database: SnapshotDatabase,
  { first, second, common }: TablePair,
  key: string | null,
): Promise<RowDiff> {
  const picks = (alias: string) => common.map((column) => cell(alias, column)).join(', ');
  const less = async (one: OpenedTable, other: OpenedTable): Promise<number> => {
    if (common.length === 0) return one.rows;
    const [row] = await database.rows(
      `SELECT count(*) AS n FROM (SELECT ${picks('a')} FROM ${one.relation} a EXCEPT ALL SELECT ${picks('b')} FROM ${other.relation} b)`,
    );
    return Number(row?.n);
  };
  const removed = await less(first, second);
  return {
    by: 'rows',
    key,
    added: second.rows - (first.rows - removed),
    removed,
    changed: null,
    equal: first.rows - removed,
    keys: key === null ? null : await compareKeys(database, { first, second }, key),
    changedByColumn: [],
  };
}

async function compareKeys(
  database: SnapshotDatabase,
  { first, second }: Pick<TablePair, 'first' | 'second'>,
  key: string,
): Promise<RowDiff['keys']> {
  const less = async (one: OpenedTable, other: OpenedTable): Promise<number> => {
    const [row] = await database.rows(
      `SELECT count(DISTINCT ${text('a', key)}) AS n FROM ${one.relation} a
       ANTI JOIN ${other.relation} b ON ${text('a', key)} = ${text('b', key)}`,
    );
    return Number(row?.n);
  };
  return { added: await less(second, first), removed: await less(first, second) };
}

function text(alias: string, name: string): string {
  return `CAST(${alias}.${quoteName(name)} AS VARCHAR)`;
}

/** A column that changed its type is compared as text. */
function cell(alias: string, { name, types }: CommonColumn): string {
  return types[0] === types[1] ? `${alias}.${quoteName(name)}` : text(alias, name);
}

function isOther(column: CommonColumn): string {
  return `${cell('a', column)} IS DISTINCT FROM ${cell('b', column)}`;
}
