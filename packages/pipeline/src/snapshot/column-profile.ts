// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { ColumnProfile, SnapshotColumn } from './dataset-snapshot.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName } from './sql-text.ts';

const QUANTILES = ['0', '0.01', '0.05', '0.25', '0.5', '0.75', '0.95', '0.99', '1'];
const BINS = 20;
const TOP_MAX = 20;

/** Describes one column of the rows of `table`. Sums are taken in the order of the values, so threads change nothing. */
export async function profileColumn(
  database: SnapshotDatabase,
  table: string,
  column: SnapshotColumn,
): Promise<ColumnProfile> {
  const name = quoteName(column.name);
  const [row] = await database.rows(
    `SELECT count(*)::INTEGER AS count, (count(*) - count(${name}))::INTEGER AS missing, count(DISTINCT ${name})::INTEGER AS distinct_values FROM ${table}`,
  );
  const distinct = Number(row?.distinct_values);
  const isNumeric = column.type === 'integer' || column.type === 'number';
  const isOrdered = isNumeric || column.type === 'date' || column.type === 'timestamp';
  return {
    name: column.name,
    count: Number(row?.count),
    missing: Number(row?.missing),
    distinct,
    ...(isNumeric ? await moments(database, table, name) : { mean: null, standardDeviation: null }),
    quantiles: isOrdered && distinct > 0 ? await quantiles(database, table, name) : [],
    histogram: isNumeric && distinct > TOP_MAX ? await histogram(database, table, name) : [],
    top: isNumeric && distinct > TOP_MAX ? [] : await topValues(database, table, name),
  };
}

async function moments(database: SnapshotDatabase, table: string, name: string) {
  const value = `CAST(${name} AS DOUBLE)`;
  const [row] = await database.rows(
    `WITH v AS (SELECT ${value} AS x FROM ${table} WHERE ${name} IS NOT NULL),
          m AS (SELECT sum(x ORDER BY x) / count(*) AS mean, count(*) AS n FROM v)
     SELECT any_value(mean) AS mean, any_value(n)::INTEGER AS n,
            sum((x - mean) * (x - mean) ORDER BY x) AS squares FROM v, m`,
  );
  const n = Number(row?.n ?? 0);
  const { mean, squares } = { mean: row?.mean, squares: row?.squares };
  return {
    mean: typeof mean === 'number' ? canonicalDecimal(mean) : null,
    standardDeviation:
      n > 1 && typeof squares === 'number' ? canonicalDecimal(Math.sqrt(squares / (n - 1))) : null,
  };
}

async function quantiles(database: SnapshotDatabase, table: string, name: string) {
  const picks = QUANTILES.map(
    (p, index) => `CAST(quantile_disc(${name}, ${p}) AS VARCHAR) AS q${index}`,
  );
  const [row] = await database.rows(`SELECT ${picks.join(', ')} FROM ${table}`);
  return QUANTILES.map((p, index) => ({ p, value: String(row?.[`q${index}`]) }));
}

async function histogram(database: SnapshotDatabase, table: string, name: string) {
  const rows = await database.rows(
    `WITH v AS (SELECT CAST(${name} AS DOUBLE) AS x FROM ${table} WHERE isfinite(CAST(${name} AS DOUBLE))),
          e AS (SELECT min(x) AS low, max(x) AS high FROM v)
     SELECT any_value(low) AS low, any_value(high) AS high,
            least(${BINS - 1}, floor((x - low) / ((high - low) / ${BINS})))::INTEGER AS bin, count(*)::INTEGER AS count
     FROM v, e GROUP BY bin ORDER BY bin`,
  );
  const low = Number(rows[0]?.low);
  const high = Number(rows[0]?.high);
  const edge = (index: number) =>
    canonicalDecimal(index === BINS ? high : low + ((high - low) / BINS) * index);
  const counts = new Map(rows.map((row) => [Number(row.bin), Number(row.count)]));
  return Array.from({ length: BINS }, (_, bin) => ({
    from: edge(bin),
    to: edge(bin + 1),
    count: counts.get(bin) ?? 0,
  }));
}

async function topValues(database: SnapshotDatabase, table: string, name: string) {
  const rows = await database.rows(
    `SELECT CAST(${name} AS VARCHAR) AS value, count(*)::INTEGER AS count FROM ${table}
     WHERE ${name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${TOP_MAX}`,
  );
  return rows.map((row) => ({ value: String(row.value), count: Number(row.count) }));
}
