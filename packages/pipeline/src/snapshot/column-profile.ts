// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import { inBatches, listOf } from './batched-columns.ts';
import type { ColumnProfile, SnapshotColumn } from './dataset-snapshot.ts';
import { doubleText, fixedPoint } from './fixed-point.ts';
import type { SnapshotDatabase } from './open-database.ts';
import { quoteName } from './sql-text.ts';

const QUANTILES = ['0', '0.01', '0.05', '0.25', '0.5', '0.75', '0.95', '0.99', '1'];
const BINS = 20;
const TOP_MAX = 20;
/** Above this many values quantiles are read off a sort, which spills to disk; `quantile_disc` holds every value. */
const QUANTILE_ROWS_MAX = 50_000_000;

export interface ProfileOptions {
  /** The column of the weight role, when declared. */
  readonly weight?: string | undefined;
  readonly quantileRowsMax?: number;
}

interface Extent {
  readonly column: SnapshotColumn;
  readonly count: number;
  readonly present: number;
  /** Of a number: least and greatest value; null without one. */
  readonly low: number | null;
  readonly high: number | null;
}

interface Values {
  readonly distinct: number;
  readonly quantiles: ColumnProfile['quantiles'];
  readonly top: ColumnProfile['top'];
}

interface Sums {
  readonly mean: number | null;
  readonly weightedMean: number | null;
  readonly histogram: ColumnProfile['histogram'];
}

/**
 * Describes every column of `table`. Three passes over the rows for all columns together (counts and extents; sums and
 * histograms; squares) and one for each column's distinct values, one column at a time, so that memory holds the values
 * of one column at most. Sums are taken in integers, so neither threads nor row order change a digit.
 */
export async function profileTable(
  database: SnapshotDatabase,
  table: string,
  columns: readonly SnapshotColumn[],
  options: ProfileOptions = {},
): Promise<readonly ColumnProfile[]> {
  const weightMax = await greatestWeight(database, table, options.weight);
  return inBatches(columns, async (batch) => {
    const extents = await readExtents(database, table, batch);
    const values: Values[] = [];
    for (const extent of extents) values.push(await readValues(database, table, extent, options));
    const sums = await readSums(database, table, extents, {
      values,
      weight: options.weight,
      weightMax,
    });
    const deviations = await readDeviations(database, table, extents, sums);
    return extents.map((extent, index) => {
      const { distinct = 0, quantiles = [], top = [] } = values[index] ?? {};
      const { mean = null, weightedMean = null, histogram = [] } = sums[index] ?? {};
      return {
        name: extent.column.name,
        count: extent.count,
        missing: extent.count - extent.present,
        distinct,
        mean: decimal(mean),
        standardDeviation: decimal(deviations[index] ?? null),
        ...(weightedMean === null ? {} : { weightedMean: canonicalDecimal(weightedMean) }),
        quantiles,
        histogram,
        top,
      };
    });
  });
}

function decimal(value: number | null): string | null {
  return value === null ? null : canonicalDecimal(value);
}

function isNumeric({ type }: SnapshotColumn): boolean {
  return type === 'integer' || type === 'number';
}

function asDouble({ name }: SnapshotColumn): string {
  return `CAST(${quoteName(name)} AS DOUBLE)`;
}

async function greatestWeight(
  database: SnapshotDatabase,
  table: string,
  weight: string | undefined,
): Promise<number> {
  if (weight === undefined) return 0;
  const [row] = await database.rows(
    `SELECT max(abs(TRY_CAST(${quoteName(weight)} AS DOUBLE))) AS high FROM ${table}`,
  );
  return Number(row?.high ?? 0);
}

async function readExtents(
  database: SnapshotDatabase,
  table: string,
  columns: readonly SnapshotColumn[],
): Promise<readonly Extent[]> {
  const picks = columns.map((column, index) => {
    const counted = `count(${quoteName(column.name)}) AS n${index}`;
    if (!isNumeric(column)) return counted;
    return `${counted}, min(${asDouble(column)}) AS low${index}, max(${asDouble(column)}) AS high${index}`;
  });
  const [row] = await database.rows(
    `SELECT count(*) AS "count", ${picks.join(', ')} FROM ${table}`,
  );
  const figure = (name: string) => (typeof row?.[name] === 'number' ? Number(row[name]) : null);
  return columns.map((column, index) => ({
    column,
    count: Number(row?.count),
    present: Number(row?.[`n${index}`]),
    low: figure(`low${index}`),
    high: figure(`high${index}`),
  }));
}

async function readValues(
  database: SnapshotDatabase,
  table: string,
  { column, present }: Extent,
  options: ProfileOptions,
): Promise<Values> {
  const name = quoteName(column.name);
  if (present === 0) return { distinct: 0, quantiles: [], top: [] };
  const isOrdered = isNumeric(column) || column.type === 'date' || column.type === 'timestamp';
  if (!isOrdered) return { ...(await topValues(database, table, name)), quantiles: [] };
  const inMemory = present <= (options.quantileRowsMax ?? QUANTILE_ROWS_MAX);
  const quantiles = inMemory ? `quantile_disc(${name}, [${QUANTILES.join(', ')}])` : 'NULL';
  const [row] = await database.rows(
    `SELECT count(DISTINCT ${name}) AS distinct_values, CAST(${quantiles} AS VARCHAR[]) AS q FROM ${table}`,
  );
  const distinct = Number(row?.distinct_values);
  const found = inMemory
    ? listOf(row?.q).map(String)
    : await sortedQuantiles(database, table, { name, present });
  return {
    distinct,
    quantiles: QUANTILES.map((p, index) => ({ p, value: found[index] ?? '' })),
    top:
      isNumeric(column) && distinct > TOP_MAX ? [] : (await topValues(database, table, name)).top,
  };
}

/** Nearest rank ⌈np⌉, at least 1: the same value that `quantile_disc` gives. */
async function sortedQuantiles(
  database: SnapshotDatabase,
  table: string,
  { name, present }: { readonly name: string; readonly present: number },
): Promise<readonly string[]> {
  const ranks = QUANTILES.map((p) =>
    Math.max(1, Math.ceil((present * Math.round(Number(p) * 100)) / 100)),
  );
  const rows = await database.rows(
    `SELECT rank, CAST(value AS VARCHAR) AS value FROM (
       SELECT ${name} AS value, row_number() OVER (ORDER BY ${name}) AS rank FROM ${table} WHERE ${name} IS NOT NULL
     ) WHERE rank IN (${[...new Set(ranks)].join(', ')})`,
  );
  const byRank = new Map(rows.map((row) => [Number(row.rank), String(row.value)]));
  return ranks.map((rank) => byRank.get(rank) ?? '');
}

async function topValues(
  database: SnapshotDatabase,
  table: string,
  name: string,
): Promise<Pick<Values, 'distinct' | 'top'>> {
  const rows = await database.rows(
    `WITH v AS MATERIALIZED (
       SELECT ${name} AS value, count(*) AS count FROM ${table} WHERE ${name} IS NOT NULL GROUP BY 1
     ) SELECT CAST(value AS VARCHAR) AS value, count, (SELECT count(*) FROM v) AS distinct_values
       FROM v ORDER BY 2 DESC, 1 LIMIT ${TOP_MAX}`,
  );
  return {
    distinct: Number(rows[0]?.distinct_values ?? 0),
    top: rows.map((row) => ({ value: String(row.value), count: Number(row.count) })),
  };
}

async function readSums(
  database: SnapshotDatabase,
  table: string,
  extents: readonly Extent[],
  wanted: {
    readonly values: readonly Values[];
    readonly weight: string | undefined;
    readonly weightMax: number;
  },
): Promise<readonly Sums[]> {
  const { values, weight, weightMax } = wanted;
  const plans = extents.map((extent, index) => {
    const { column, low, high } = extent;
    if (low === null || high === null) return undefined;
    const value = asDouble(column);
    const reach = Math.max(Math.abs(low), Math.abs(high));
    const isWide = (values[index]?.distinct ?? 0) > TOP_MAX && Number.isFinite(high - low);
    const weighted = weight === undefined ? undefined : `CAST(${quoteName(weight)} AS DOUBLE)`;
    return {
      sum: fixedPoint(value, reach),
      weighted:
        weighted === undefined || weightMax === 0
          ? undefined
          : {
              sum: fixedPoint(`(${value} * ${weighted})`, reach * weightMax),
              weights: fixedPoint(
                `CASE WHEN ${value} IS NULL THEN NULL ELSE ${weighted} END`,
                weightMax,
              ),
            },
      bins: isWide ? binExpression(value, low, high) : undefined,
    };
  });
  const picks = plans.flatMap((plan, index) => {
    if (plan === undefined) return [];
    const { weighted } = plan;
    return [
      `${plan.sum.sql} AS s${index}`,
      ...(weighted === undefined
        ? []
        : [`${weighted.sum.sql} AS ws${index}`, `${weighted.weights.sql} AS w${index}`]),
      ...(plan.bins === undefined ? [] : [`histogram(${plan.bins}) AS h${index}`]),
    ];
  });
  const [row] =
    picks.length === 0 ? [] : await database.rows(`SELECT ${picks.join(', ')} FROM ${table}`);
  return plans.map((plan, index) => {
    const { present = 0, low, high } = extents[index] ?? {};
    if (plan === undefined) return { mean: null, weightedMean: null, histogram: [] };
    const weights = plan.weighted?.weights.read(row?.[`w${index}`]) ?? 0;
    const weightedSum = plan.weighted?.sum.read(row?.[`ws${index}`]) ?? 0;
    return {
      mean: present === 0 ? null : plan.sum.read(row?.[`s${index}`]) / present,
      weightedMean: weights === 0 ? null : weightedSum / weights,
      histogram: plan.bins === undefined ? [] : bins(row?.[`h${index}`], Number(low), Number(high)),
    };
  });
}

function binExpression(value: string, low: number, high: number): string {
  const width = doubleText((high - low) / BINS);
  return `CAST(least(${BINS - 1}, floor((${value} - ${doubleText(low)}) / ${width})) AS INTEGER)`;
}

function bins(counted: unknown, low: number, high: number): ColumnProfile['histogram'] {
  const counts = new Map(
    listOf(counted).map((entry) => {
      const { key, value } = entry as { readonly key: unknown; readonly value: unknown };
      return [Number(key), Number(value)];
    }),
  );
  const edge = (index: number) =>
    canonicalDecimal(index === BINS ? high : low + ((high - low) / BINS) * index);
  return Array.from({ length: BINS }, (_, bin) => ({
    from: edge(bin),
    to: edge(bin + 1),
    count: counts.get(bin) ?? 0,
  }));
}

/** Sample standard deviations, the squares taken around the mean in a pass of their own. */
async function readDeviations(
  database: SnapshotDatabase,
  table: string,
  extents: readonly Extent[],
  sums: readonly Sums[],
): Promise<readonly (number | null)[]> {
  const plans = extents.map(({ column, present, low, high }, index) => {
    const mean = sums[index]?.mean ?? null;
    if (mean === null || low === null || high === null || present < 2) return undefined;
    const reach = Math.max((high - mean) ** 2, (low - mean) ** 2);
    const difference = `(${asDouble(column)} - ${doubleText(mean)})`;
    return Number.isFinite(reach)
      ? fixedPoint(`(${difference} * ${difference})`, reach)
      : undefined;
  });
  const picks = plans.flatMap((plan, index) =>
    plan === undefined ? [] : [`${plan.sql} AS d${index}`],
  );
  const [row] =
    picks.length === 0 ? [] : await database.rows(`SELECT ${picks.join(', ')} FROM ${table}`);
  return plans.map((plan, index) => {
    const present = extents[index]?.present ?? 0;
    return plan === undefined ? null : Math.sqrt(plan.read(row?.[`d${index}`]) / (present - 1));
  });
}
