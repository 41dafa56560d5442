// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { SnapshotDatabase } from '../snapshot/open-database.ts';
import { quoteName, quoteText } from '../snapshot/sql-text.ts';
import { stabilityTerms } from './stability-index.ts';
import type { StepTable } from './step-tables.ts';
import type { Distribution } from './transformation.ts';

const QUANTILES = ['0', '0.05', '0.25', '0.5', '0.75', '0.95', '1'];
const TOP_MAX = 10;
const BINS = 10;
// Rarer levels share one bin: a bin of a few rows tells noise.
const LEVELS_MAX = 50;

/** Describes one column; numbers are ordered before they are summed, so threads change nothing. */
export async function distributionOf(
  database: SnapshotDatabase,
  table: StepTable,
  column: { readonly name: string; readonly isNumber: boolean; readonly distinct: number },
): Promise<Distribution> {
  const name = quoteName(column.name);
  if (!column.isNumber) {
    const rows = await database.rows(
      `SELECT ${name} AS value, CAST(count(*) AS DOUBLE) AS count FROM ${table.view}
       WHERE ${name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${TOP_MAX}`,
    );
    const top = rows.map(({ value, count }) => ({ value: shown(value), count: Number(count) }));
    return { kind: 'category', distinct: column.distinct, top };
  }
  const picks = QUANTILES.map((p, index) => `quantile_disc(x, ${p}) AS q${index}`);
  const [row = {}] = await database.rows(
    `SELECT sum(x ORDER BY x) / count(x) AS mean, ${picks.join(', ')}
     FROM (SELECT TRY_CAST(${name} AS DOUBLE) AS x FROM ${table.view}) WHERE isfinite(x)`,
  );
  const figure = (value: unknown) =>
    typeof value === 'number' && Number.isFinite(value) ? canonicalDecimal(value) : null;
  const quantiles = QUANTILES.flatMap((p, index) => {
    const value = figure(row[`q${index}`]);
    return value === null ? [] : [{ p, value }];
  });
  return { kind: 'number', mean: figure(row.mean), quantiles };
}

const VALUE_LENGTH_MAX = 100;

/** A value as far as a reader needs it. */
export function shown(value: unknown): string {
  const text = String(value);
  return text.length > VALUE_LENGTH_MAX ? `${text.slice(0, VALUE_LENGTH_MAX)}…` : text;
}

/** The index of `after` against bins of `before` (tenths of numbers, levels of anything else, missing apart). */
export async function columnStability(
  database: SnapshotDatabase,
  tables: { readonly before: StepTable; readonly after: StepTable },
  column: { readonly name: string; readonly isNumber: boolean },
): Promise<string | null> {
  const bin = await binSql(database, tables.before, column);
  const rows = await database.rows(
    `WITH b AS (SELECT ${bin} AS bin, count(*) AS n FROM ${tables.before.view} GROUP BY 1),
          a AS (SELECT ${bin} AS bin, count(*) AS n FROM ${tables.after.view} GROUP BY 1)
     SELECT CAST(coalesce(b.n, 0) AS DOUBLE) AS before, CAST(coalesce(a.n, 0) AS DOUBLE) AS after
     FROM b FULL JOIN a USING (bin) ORDER BY bin`,
  );
  const terms = stabilityTerms(
    rows.map(({ before }) => Number(before)),
    rows.map(({ after }) => Number(after)),
  );
  return terms === undefined ? null : canonicalDecimal(terms.reduce((sum, term) => sum + term, 0));
}

/** An expression that gives the bin of a value as an integer, fixed by the values of `table`; −1 for missing. */
export async function binSql(
  database: SnapshotDatabase,
  table: Pick<StepTable, 'view'>,
  column: { readonly name: string; readonly isNumber: boolean },
  bins = BINS,
): Promise<string> {
  const name = quoteName(column.name);
  const missing = `WHEN ${name} IS NULL THEN -1`;
  if (!column.isNumber) {
    const rows = await database.rows(
      `SELECT ${name} AS value FROM ${table.view} WHERE ${name} IS NOT NULL
       GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ${LEVELS_MAX}`,
    );
    const cases = rows.map(
      ({ value }, index) => `WHEN ${name} = ${quoteText(String(value))} THEN ${index}`,
    );
    return `CASE ${missing} ${cases.join(' ')} ELSE ${LEVELS_MAX} END`;
  }
  const picks = Array.from(
    { length: bins - 1 },
    (_, index) => `quantile_disc(x, ${(index + 1) / bins}) AS q${index}`,
  );
  const [row = {}] = await database.rows(
    `SELECT max(x) AS highest, ${picks.join(', ')}
     FROM (SELECT TRY_CAST(${name} AS DOUBLE) AS x FROM ${table.view}) WHERE isfinite(x)`,
  );
  const found = picks.map((_, index) => row[`q${index}`]);
  const edges = found.filter((edge) => typeof edge === 'number' && edge !== row.highest);
  const cases = [...new Set(edges.map(Number))].map(
    (edge, index) => `WHEN TRY_CAST(${name} AS DOUBLE) <= ${edge}::DOUBLE THEN ${index}`,
  );
  return `CASE ${missing} ${cases.join(' ')} ELSE ${bins} END`;
}
