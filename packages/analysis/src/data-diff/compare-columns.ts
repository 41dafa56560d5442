// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import {
  fixedPoint,
  type OpenedTable,
  quoteName,
  type SnapshotDatabase,
} from '@countersign/pipeline';
import { type BinnedTable, countBins, freezeBins } from '../stability/frozen-bins.ts';
import { populationStability } from '../stability/psi.ts';
import type { ColumnType } from '../table/column-type.ts';
import type { TablePair } from './compare-rows.ts';
import type { CommonColumn } from './compare-schema.ts';
import type { CategoryList, ColumnDiff, DistributionTest } from './diff-report.ts';
import { chiSquaredTest, kolmogorovTail } from './distribution-tests.ts';

const CATEGORIES_SHOWN = 20;
/** Two columns of one relation: the value in the first table's terms, and nothing else. */
const VALUE = 'value';

interface Values {
  readonly kind: ColumnDiff['kind'];
  /** Relations with the one column `value`. */
  readonly first: string;
  readonly second: string;
}

/** Distributions of every common column, one column in memory at a time. */
export async function compareColumns(
  database: SnapshotDatabase,
  pair: TablePair,
): Promise<readonly ColumnDiff[]> {
  const columns: ColumnDiff[] = [];
  for (const column of pair.common) columns.push(await compareColumn(database, pair, column));
  return columns;
}

async function compareColumn(
  database: SnapshotDatabase,
  pair: TablePair,
  column: CommonColumn,
): Promise<ColumnDiff> {
  const values = valuesOf(pair, column);
  const tables = [
    binned(database, values.first, { rows: pair.first.rows, kind: values.kind }),
    binned(database, values.second, { rows: pair.second.rows, kind: values.kind }),
  ] as const;
  const bins = await freezeBins(tables[0], VALUE);
  const shift = populationStability(bins.counts, await countBins(tables[1], bins));
  const facts = [
    await readFacts(database, values.first, values.kind),
    await readFacts(database, values.second, values.kind),
  ] as const;
  const isCounted = ['integer', 'number'].includes(column.types[0]) && values.kind === 'number';
  const both = (figure: (one: Facts) => string) => ({
    first: figure(facts[0]),
    second: figure(facts[1]),
  });
  const isCategory = values.kind === 'category';
  return {
    column: column.name,
    kind: values.kind,
    distinct: { first: facts[0].distinct, second: facts[1].distinct },
    missing: both(({ rows, present }) => share(rows - present, rows)),
    psi:
      shift === undefined
        ? null
        : {
            value: canonicalDecimal(shift.value),
            pValue: canonicalDecimal(shift.pValue),
            bins: shift.degrees + 1,
          },
    test: isCategory
      ? await categoryTest(database, values)
      : await numberTest(database, values, [facts[0].present, facts[1].present]),
    total: isCounted ? both(({ sum }) => canonicalDecimal(sum)) : null,
    mean:
      isCounted && facts.every(({ present }) => present > 0)
        ? both(({ sum, present }) => canonicalDecimal(sum / present))
        : null,
    newCategories: isCategory ? await onlyIn(database, values.second, values.first) : NONE,
    lostCategories: isCategory ? await onlyIn(database, values.first, values.second) : NONE,
  };
}

const NONE: CategoryList = { count: 0, shown: [] };

/** Numbers with numbers, times with times; whatever else, also a column that changed between these, as text. */
function valuesOf({ first, second }: TablePair, { name, types }: CommonColumn): Values {
  const isAll = (...allowed: readonly string[]) => types.every((type) => allowed.includes(type));
  const column = quoteName(name);
  const from = (table: OpenedTable, value: string) =>
    `(SELECT ${value} AS ${VALUE} FROM ${table.relation})`;
  const both = (kind: Values['kind'], value: string): Values => ({
    kind,
    first: from(first, value),
    second: from(second, value),
  });
  if (isAll('integer', 'number')) return both('number', `CAST(${column} AS DOUBLE)`);
  if (isAll('date', 'timestamp')) return both('number', `epoch(CAST(${column} AS TIMESTAMP))`);
  return both('category', `CAST(${column} AS VARCHAR)`);
}

/** A table as the frozen bins of monitoring know it, so that there is one definition of a bin. */
function binned(
  database: SnapshotDatabase,
  relation: string,
  { rows, kind }: { readonly rows: number; readonly kind: Values['kind'] },
): BinnedTable {
  const type: ColumnType = kind === 'number' ? 'number' : 'text';
  return {
    relation,
    rowCount: rows,
    columns: new Map([[VALUE, type]]),
    column: quoteName,
    select: (sql) => database.columns(sql),
  };
}

interface Facts {
  readonly rows: number;
  readonly present: number;
  readonly distinct: number;
  readonly sum: number;
}

async function readFacts(
  database: SnapshotDatabase,
  relation: string,
  kind: Values['kind'],
): Promise<Facts> {
  const reach = kind === 'number' ? `max(abs(${VALUE}))` : 'NULL';
  const [row] = await database.rows(
    `SELECT count(*) AS n, count(${VALUE}) AS present, count(DISTINCT ${VALUE}) AS distinct_values, ${reach} AS reach FROM ${relation}`,
  );
  const sum = fixedPoint(VALUE, Number(row?.reach ?? 0));
  const [total] =
    kind === 'number' ? await database.rows(`SELECT ${sum.sql} AS total FROM ${relation}`) : [];
  return {
    rows: Number(row?.n),
    present: Number(row?.present),
    distinct: Number(row?.distinct_values),
    sum: sum.read(total?.total),
  };
}

/** The greatest distance of the two empirical distribution functions, compared as whole numbers. */
async function numberTest(
  database: SnapshotDatabase,
  { first, second }: Values,
  [n, m]: readonly [number, number],
): Promise<DistributionTest | null> {
  if (n === 0 || m === 0) return null;
  const [row] = await database.rows(
    `WITH points AS (
       SELECT value, sum(a) AS a, sum(b) AS b FROM (
         SELECT value, 1 AS a, 0 AS b FROM ${first} WHERE value IS NOT NULL
         UNION ALL SELECT value, 0, 1 FROM ${second} WHERE value IS NOT NULL) GROUP BY value
     ), below AS (
       SELECT sum(a) OVER (ORDER BY value) AS a, sum(b) OVER (ORDER BY value) AS b FROM points
     ) SELECT max(abs(CAST(a AS HUGEINT) * ${m} - CAST(b AS HUGEINT) * ${n})) AS gap FROM below`,
  );
  const distance = Number(row?.gap) / n / m;
  return {
    name: 'kolmogorov-smirnov',
    statistic: canonicalDecimal(distance),
    pValue: canonicalDecimal(kolmogorovTail(distance, n, m)),
    effect: canonicalDecimal(distance),
    degrees: null,
  };
}

async function categoryTest(
  database: SnapshotDatabase,
  { first, second }: Values,
): Promise<DistributionTest | null> {
  // The counts of categories that occur equally often are summed up alike: what is read stays small for a text column.
  const rows = await database.rows(
    `WITH counts AS (
       SELECT value, sum(a) AS a, sum(b) AS b FROM (
         SELECT value, 1 AS a, 0 AS b FROM ${first} WHERE value IS NOT NULL
         UNION ALL SELECT value, 0, 1 FROM ${second} WHERE value IS NOT NULL) GROUP BY value
     ) SELECT a, b, count(*) AS times FROM counts GROUP BY a, b ORDER BY a, b`,
  );
  const found = chiSquaredTest(
    rows.map((row) => ({
      first: Number(row.a),
      second: Number(row.b),
      categories: Number(row.times),
    })),
  );
  if (found === undefined) return null;
  return {
    name: 'chi-squared',
    statistic: canonicalDecimal(found.statistic),
    pValue: canonicalDecimal(found.pValue),
    effect: canonicalDecimal(found.effect),
    degrees: found.degrees,
  };
}

async function onlyIn(
  database: SnapshotDatabase,
  relation: string,
  other: string,
): Promise<CategoryList> {
  const rows = await database.rows(
    `WITH alone AS MATERIALIZED (
       SELECT a.value, count(*) AS n FROM ${relation} a ANTI JOIN ${other} b ON a.value = b.value
       WHERE a.value IS NOT NULL GROUP BY 1
     ) SELECT value, n, (SELECT count(*) FROM alone) AS all_values FROM alone ORDER BY n DESC, value LIMIT ${CATEGORIES_SHOWN}`,
  );
  return {
    count: Number(rows[0]?.all_values ?? 0),
    shown: rows.map((row) => ({ value: String(row.value), rows: Number(row.n) })),
  };
}

function share(part: number, rows: number): string {
  return canonicalDecimal(rows === 0 ? 0 : part / rows);
}
