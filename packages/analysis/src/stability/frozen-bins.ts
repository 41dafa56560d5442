// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal, exactDecimal } from '@countersign/kernel';
import { AnalysisError } from '../errors.ts';
import { CompensatedSum } from '../numeric/sum.ts';
import { doubleLiteral, literal } from '../table/column-type.ts';
import type { Table } from '../table/table.ts';

/** What freezing and counting asks of a table. */
export type BinnedTable = Pick<Table, 'column' | 'columns' | 'relation' | 'rowCount'> & {
  select(sql: string): Promise<readonly (readonly unknown[])[]>;
};

/**
 * Bins of one column as they stood at the reference, fit for a record. Numbers: bin i holds values above `edges[i−1]` up
 * to and including `edges[i]`, the last bin all above. Categories: bin i holds `levels[i]`. After them come two more
 * counts: values not listed (unseen levels; none for numbers) and missing values.
 */
export type FrozenBins = {
  readonly column: string;
  /** Reference rows per bin, then unlisted, then missing. */
  readonly counts: readonly number[];
  /** Mean score of the reference rows in each bin, where it was frozen with a score; null in an empty bin. */
  readonly scores?: readonly (string | null)[];
} & (
  | { readonly kind: 'number'; readonly edges: readonly string[] }
  | { readonly kind: 'category'; readonly levels: readonly string[] }
);

export const BINS_DEFAULT = 10;
// Rarer levels share the bin of unlisted values: a bin of a few rows tells noise, and the record stays small.
const LEVELS_MAX = 50;

export interface FreezeOptions {
  /** Bins of a number; 10 without it. */
  readonly bins?: number | undefined;
}

/** Freezes quantile bins (numbers) or levels (texts, booleans) at the reference rows. */
export async function freezeBins(
  table: BinnedTable,
  column: string,
  options: FreezeOptions = {},
): Promise<FrozenBins> {
  if (table.rowCount === 0) {
    throw new AnalysisError('table_empty', 'bins cannot be frozen on no rows', {
      details: { column },
    });
  }
  table.column(column);
  const type = table.columns.get(column);
  if (type === 'date' || type === 'timestamp') {
    throw new AnalysisError(
      'column_type',
      `column \`${column}\` is a ${type}; stability is measured on values`,
      {
        details: { column },
      },
    );
  }
  const count = options.bins ?? BINS_DEFAULT;
  const shape =
    type === 'number' || type === 'integer'
      ? { column, kind: 'number' as const, edges: await quantileEdges(table, column, count) }
      : { column, kind: 'category' as const, levels: await commonLevels(table, column) };
  return { ...shape, counts: await countBins(table, { ...shape, counts: [] }) };
}

/** The same bins with the mean score of the reference rows in each, which `csi` needs. */
export async function withScores(
  table: Table,
  bins: FrozenBins,
  score: string,
): Promise<FrozenBins> {
  return { ...bins, scores: await meanScores(table, bins, score) };
}

/** Rows of another table in frozen bins, in the order of `FrozenBins.counts`. */
export async function countBins(table: BinnedTable, bins: FrozenBins): Promise<readonly number[]> {
  const size = (bins.kind === 'number' ? bins.edges.length + 1 : bins.levels.length) + 2;
  const [places, counts] = await table.select(
    `SELECT ${placeExpression(table, bins, size)} AS place, CAST(count(*) AS DOUBLE)
     FROM ${table.relation} GROUP BY place ORDER BY place`,
  );
  const result = new Array<number>(size).fill(0);
  places!.forEach((place, index) => {
    result[Number(place)] = Number(counts![index]);
  });
  return result;
}

// Summed here and in the order of scores: the engine's own sum may differ in its last bit with the order of threads.
async function meanScores(
  table: Table,
  bins: FrozenBins,
  score: string,
): Promise<readonly (string | null)[]> {
  const size = bins.counts.length;
  const [places, scores, counts] = await table.selectDoubles(
    `SELECT CAST(${placeExpression(table, bins, size)} AS DOUBLE) AS place,
       CAST(${table.column(score)} AS DOUBLE) AS s, CAST(count(*) AS DOUBLE)
     FROM ${table.relation} GROUP BY place, s ORDER BY place, s`,
  );
  const sums = Array.from({ length: size }, () => new CompensatedSum());
  places!.forEach((place, at) => {
    sums[place]!.add(scores![at]! * counts![at]!);
  });
  return sums.map(({ value }, bin) =>
    bins.counts[bin] === 0 ? null : canonicalDecimal(value / bins.counts[bin]!),
  );
}

/** Words for each bin, in the order of `FrozenBins.counts`. */
export function binNames(bins: FrozenBins): readonly string[] {
  if (bins.kind === 'category') return [...bins.levels, 'not listed', 'missing'];
  const { edges } = bins;
  if (edges.length === 0) return ['any value', 'not listed', 'missing'];
  const inner = edges.map((edge, index) =>
    index === 0 ? `up to ${edge}` : `above ${edges[index - 1]} up to ${edge}`,
  );
  return [...inner, `above ${edges.at(-1)}`, 'not listed', 'missing'];
}

function placeExpression(table: BinnedTable, bins: FrozenBins, size: number): string {
  const column = table.column(bins.column);
  const missing = `WHEN ${column} IS NULL THEN ${size - 1}`;
  if (bins.kind === 'number') {
    const cases = bins.edges.map(
      (edge, index) =>
        `WHEN CAST(${column} AS DOUBLE) <= ${doubleLiteral(Number(edge))} THEN ${index}`,
    );
    return `CASE ${missing} ${cases.join(' ')} ELSE ${bins.edges.length} END`;
  }
  const text = `CAST(${column} AS VARCHAR)`;
  const cases = bins.levels.map((level, index) => `WHEN ${text} = ${literal(level)} THEN ${index}`);
  return `CASE ${missing} ${cases.join(' ')} ELSE ${size - 2} END`;
}

// Exact order statistics, so the edges do not depend on row order; equal quantiles give one edge. A value that most rows
// share is told from its neighbours even where it is the highest: without an edge below it the column could never shift.
async function quantileEdges(
  table: BinnedTable,
  column: string,
  bins: number,
): Promise<readonly string[]> {
  const name = `CAST(${table.column(column)} AS DOUBLE)`;
  const values = await fewValues(table, name, bins);
  if (values !== undefined) return values.slice(0, -1).map(exactDecimal);
  const quantiles = Array.from(
    { length: bins - 1 },
    (_, index) => `quantile_disc(${name}, ${doubleLiteral((index + 1) / bins)})`,
  );
  const found = await table.select(
    `SELECT max(${name}), max(${name}) FILTER (WHERE ${name} < (SELECT max(${name}) FROM ${table.relation})), ${quantiles.join(', ')} FROM ${table.relation}`,
  );
  const [highest, below, ...edges] = found.map((column) => column[0]);
  const inner = edges.map((edge) => (edge === highest ? below : edge));
  const known = inner.filter((edge) => edge !== null && edge !== undefined).map(Number);
  return [...new Set(known)].sort((one, other) => one - other).map(exactDecimal);
}

/** The distinct values, ascending, where each can have a bin of its own. */
async function fewValues(
  table: BinnedTable,
  name: string,
  bins: number,
): Promise<readonly number[] | undefined> {
  const [values] = await table.select(
    `SELECT DISTINCT ${name} AS v FROM ${table.relation} WHERE ${name} IS NOT NULL ORDER BY v LIMIT ${bins + 1}`,
  );
  return values!.length > bins ? undefined : values!.map(Number);
}

async function commonLevels(table: BinnedTable, column: string): Promise<readonly string[]> {
  const name = table.column(column);
  const [levels] = await table.select(
    `SELECT CAST(${name} AS VARCHAR) AS v FROM ${table.relation} WHERE ${name} IS NOT NULL
     GROUP BY v ORDER BY count(*) DESC, v LIMIT ${LEVELS_MAX}`,
  );
  return levels!.map(String).sort();
}
