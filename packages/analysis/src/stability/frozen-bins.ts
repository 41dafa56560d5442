// SPDX-License-Identifier: Apache-2.0
import { exactDecimal } from '@countersign/kernel';
import { AnalysisError } from '../errors.ts';
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
} & (
  | { readonly kind: 'number'; readonly edges: readonly string[] }
  | { readonly kind: 'category'; readonly levels: readonly string[] }
);

export const BINS_DEFAULT = 10;
// Rarer levels share the bin of unlisted values: a bin of a few rows tells noise, and the record stays small.
const LEVELS_MAX = 50;

/** Freezes quantile bins (numbers) or levels (texts, booleans) at the reference rows. */
export async function freezeBins(
  table: BinnedTable,
  column: string,
  bins = BINS_DEFAULT,
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
  const shape =
    type === 'number' || type === 'integer'
      ? { column, kind: 'number' as const, edges: await quantileEdges(table, column, bins) }
      : { column, kind: 'category' as const, levels: await commonLevels(table, column) };
  return { ...shape, counts: await countBins(table, { ...shape, counts: [] }) };
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

// Exact order statistics, so the edges do not depend on row order; equal quantiles give one edge.
async function quantileEdges(
  table: BinnedTable,
  column: string,
  bins: number,
): Promise<readonly string[]> {
  const name = `CAST(${table.column(column)} AS DOUBLE)`;
  const quantiles = Array.from(
    { length: bins - 1 },
    (_, index) => `quantile_disc(${name}, ${doubleLiteral((index + 1) / bins)})`,
  );
  const found = await table.select(
    `SELECT max(${name}), ${quantiles.join(', ')} FROM ${table.relation}`,
  );
  const [highest, ...edges] = found.map((values) => values[0]);
  const inner = edges.filter((edge) => edge !== null && edge !== highest).map(Number);
  return [...new Set(inner)].map(exactDecimal);
}

async function commonLevels(table: BinnedTable, column: string): Promise<readonly string[]> {
  const name = table.column(column);
  const [levels] = await table.select(
    `SELECT CAST(${name} AS VARCHAR) AS v FROM ${table.relation} WHERE ${name} IS NOT NULL
     GROUP BY v ORDER BY count(*) DESC, v LIMIT ${LEVELS_MAX}`,
  );
  return levels!.map(String).sort();
}
