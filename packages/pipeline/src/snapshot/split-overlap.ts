// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { Dataset } from '../file/data-section.ts';
import type { SharedRows, SplitPair } from './data-measures.ts';
import type { SnapshotColumn } from './dataset-snapshot.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName, quoteText, ROW_NUMBER } from './sql-text.ts';

/** Rows that agree in every feature happen by chance where features have few values; above this share they are told. */
const EQUAL_SHARE_MAX = 0.01;
const KEYS_TABLE = 'shared_keys';

interface PairPlace {
  readonly first: string;
  readonly second: string;
}

interface PairCount {
  readonly shared: number;
  readonly firstRows: number;
  readonly secondRows: number;
}

/**
 * What every two splits share: rows equal in all features, units (or ids), and time. Reads the tables `t` and `parts`.
 * Counts only, so sealed rows stay unseen.
 */
export async function measureSplitPairs(
  database: SnapshotDatabase,
  splits: readonly string[],
  of: { readonly dataset: Dataset; readonly columns: readonly SnapshotColumn[] },
): Promise<readonly SplitPair[]> {
  const pairs = splits.flatMap((first, index) =>
    splits.slice(index + 1).map((second): PairPlace => ({ first, second })),
  );
  if (pairs.length === 0) return [];
  const { roles = {} } = of.dataset;
  const unit = roles.unit ?? roles.id;
  const features = of.columns.filter((column) => column.roles.includes('feature'));
  const rows = await rowsOfParts(database);
  const equal = features.length === 0 ? undefined : await countEqual(database, features);
  const units = unit === undefined ? undefined : await countUnits(database, unit);
  const times = roles.time === undefined ? undefined : await countLater(database, roles.time);
  return pairs.map((pair) => {
    const second = rows.get(pair.second) ?? 0;
    const shared = (counts: ReadonlyMap<string, PairCount>): SharedRows => {
      const found = counts.get(keyOf(pair)) ?? { shared: 0, firstRows: 0, secondRows: 0 };
      return { ...found, share: shareOf(found.secondRows, second) };
    };
    const later = times?.get(keyOf(pair)) ?? 0;
    const figures = {
      ...pair,
      equalFeatures: equal === undefined ? null : shared(equal),
      unit: units === undefined || unit === undefined ? null : { column: unit, ...shared(units) },
      time:
        roles.time === undefined
          ? null
          : {
              column: roles.time,
              laterRows: later,
              share: shareOf(later, rows.get(pair.first) ?? 0),
            },
    };
    return { ...figures, warnings: warningsOf(figures) };
  });
}

function warningsOf(pair: Omit<SplitPair, 'warnings'>): readonly string[] {
  const { first, second, equalFeatures, unit, time } = pair;
  const warnings: string[] = [];
  if (equalFeatures !== null && Number(equalFeatures.share) > EQUAL_SHARE_MAX) {
    warnings.push(
      `${equalFeatures.secondRows} rows of ${second} equal a row of ${first} in every feature`,
    );
  }
  if (unit !== null && unit.shared > 0)
    warnings.push(`${unit.shared} values of ${unit.column} have rows in ${first} and in ${second}`);
  if (time !== null && time.laterRows > 0) {
    warnings.push(
      `${time.laterRows} rows of ${first} are later than the first of ${second}, by ${time.column}`,
    );
  }
  return warnings;
}

/**
 * Rows equal in all features are found by a hash first, which can only find too many; what it found is then compared
 * value by value.
 */
async function countEqual(
  database: SnapshotDatabase,
  features: readonly SnapshotColumn[],
): Promise<ReadonlyMap<string, PairCount>> {
  const names = features.map(({ name }) => quoteName(name)).join(', ');
  await database.run(
    `CREATE TABLE hashed AS SELECT ${ROW_NUMBER}, part, hash(${names}) AS mark FROM t JOIN parts USING (${ROW_NUMBER});
     CREATE TABLE suspects AS SELECT ${ROW_NUMBER}, part FROM hashed SEMI JOIN (
       SELECT mark FROM hashed GROUP BY mark HAVING min(part) <> max(part)) USING (mark);
     DROP TABLE hashed;
     CREATE TABLE ${KEYS_TABLE} AS
       SELECT part, min(${ROW_NUMBER}) OVER (PARTITION BY ${names}) AS key FROM t JOIN suspects USING (${ROW_NUMBER});
     DROP TABLE suspects`,
  );
  return countShared(database);
}

async function countUnits(
  database: SnapshotDatabase,
  unit: string,
): Promise<ReadonlyMap<string, PairCount>> {
  await database.run(
    `CREATE TABLE ${KEYS_TABLE} AS
       SELECT part, ${quoteName(unit)} AS key FROM t JOIN parts USING (${ROW_NUMBER}) WHERE ${quoteName(unit)} IS NOT NULL`,
  );
  return countShared(database);
}

async function countShared(database: SnapshotDatabase): Promise<ReadonlyMap<string, PairCount>> {
  const rows = await database.rows(
    `WITH cells AS (SELECT key, part, count(*) AS n FROM ${KEYS_TABLE} GROUP BY ALL)
     SELECT a.part AS "first", b.part AS "second", count(*) AS shared,
            sum(a.n) AS first_rows, sum(b.n) AS second_rows
     FROM cells a JOIN cells b ON a.key = b.key AND a.part <> b.part GROUP BY ALL`,
  );
  await database.run(`DROP TABLE ${KEYS_TABLE}`);
  return new Map(
    rows.map((row) => [
      keyOf({ first: String(row.first), second: String(row.second) }),
      {
        shared: Number(row.shared),
        firstRows: Number(row.first_rows),
        secondRows: Number(row.second_rows),
      },
    ]),
  );
}

async function countLater(
  database: SnapshotDatabase,
  time: string,
): Promise<ReadonlyMap<string, number>> {
  const name = quoteName(time);
  const rows = await database.rows(
    `WITH timed AS (SELECT part, ${name} AS moment FROM t JOIN parts USING (${ROW_NUMBER}) WHERE ${name} IS NOT NULL),
          starts AS (SELECT part AS "second", min(moment) AS start FROM timed GROUP BY part)
     SELECT part AS "first", "second", count(*) FILTER (WHERE moment > start) AS later
     FROM timed CROSS JOIN starts WHERE part <> "second" GROUP BY ALL`,
  );
  return new Map(
    rows.map((row) => [
      keyOf({ first: String(row.first), second: String(row.second) }),
      Number(row.later),
    ]),
  );
}

async function rowsOfParts(database: SnapshotDatabase): Promise<ReadonlyMap<string, number>> {
  const rows = await database.rows('SELECT part, count(*) AS n FROM parts GROUP BY part');
  return new Map(rows.map((row) => [String(row.part), Number(row.n)]));
}

function shareOf(count: number, rows: number): string {
  return canonicalDecimal(rows === 0 ? 0 : count / rows);
}

function keyOf({ first, second }: PairPlace): string {
  return `${quoteText(first)} ${quoteText(second)}`;
}
