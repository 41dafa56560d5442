// SPDX-License-Identifier: Apache-2.0
import type { SelectiveLabelsPlan } from '@countersign/pipeline';
import type { Cells } from '../binary/cells.ts';
import { AnalysisError } from '../errors.ts';
import { doubleLiteral } from '../table/column-type.ts';
import { groupExpression } from '../table/grouping.ts';
import { labelExpression, type Roles } from '../table/roles.ts';
import type { Table } from '../table/table.ts';
import { useExpression } from './outcome-states.ts';

/** Everyone that figures must be about, in SQL: who has an outcome, and who has none by somebody's choice. */
export interface Population {
  readonly table: Table;
  /** DOUBLE. */
  readonly score: string;
  /** 0 or 1; null for rows without outcome. */
  readonly label: string;
  readonly observed: string;
  readonly unobserved: string;
}

export async function populationOf(
  table: Table,
  roles: Roles,
  plan: SelectiveLabelsPlan,
): Promise<Population> {
  return {
    table,
    score: `CAST(${table.column(roles.score)} AS DOUBLE)`,
    label: labelExpression(table, roles),
    observed: await useExpression(table, plan, 'outcome'),
    unobserved: await useExpression(table, plan, 'unobserved'),
  };
}

/** Rows with outcome as cells of weight 1. */
export function observedCells(population: Population): Promise<Cells> {
  return weightedCells(population, '1::DOUBLE');
}

/** Scores of rows without outcome, ascending, with their counts. */
export async function unobservedScores(population: Population) {
  const { table, score, unobserved } = population;
  const [scores, counts] = await table.selectDoubles(
    `SELECT ${score} AS s, CAST(count(*) AS DOUBLE) FROM ${table.relation}
     WHERE ${unobserved} GROUP BY s ORDER BY s`,
  );
  return { scores: scores!, counts: counts! };
}

/** Rows with outcome as cells, each row weighted by an SQL expression over it. */
export async function weightedCells(population: Population, weight: string): Promise<Cells> {
  const { table, score, label, observed } = population;
  const [scores, labels, weights, counts] = await table.selectDoubles(
    `SELECT ${score} AS s, ${label} AS y, ${weight} AS w, CAST(count(*) AS DOUBLE) AS n
     FROM ${table.relation} WHERE ${observed} GROUP BY ALL ORDER BY s, y, w`,
  );
  return { scores: scores!, labels: labels!, weights: weights!, counts: counts! };
}

/** Edges that cut everyone's scores into bands of about equal counts, ascending and distinct. */
export async function bandEdges(population: Population, bands: number): Promise<readonly number[]> {
  const { table, score, observed, unobserved } = population;
  const quantiles = Array.from(
    { length: bands - 1 },
    (_, index) => `quantile_disc(${score}, ${doubleLiteral((index + 1) / bands)})`,
  );
  const found = await table.select(
    `SELECT ${quantiles.join(', ')} FROM ${table.relation} WHERE ${observed} OR ${unobserved}`,
  );
  const edges = found.map(([edge]) => Number(edge));
  return [...new Set(edges)].sort((a, b) => a - b);
}

/** SQL of each row's band, from 0: band i holds scores above edge i − 1 up to and including edge i. */
export function bandExpression({ score }: Population, edges: readonly number[]): string {
  const cases = edges.map((edge, at) => `WHEN ${score} <= ${doubleLiteral(edge)} THEN ${at}`);
  return cases.length === 0 ? '0' : `CASE ${cases.join(' ')} ELSE ${edges.length} END`;
}

/** SQL text that tells strata apart: score band, and groups where declared. */
export function stratumExpression(
  population: Population,
  edges: readonly number[],
  within: Parameters<typeof groupExpression>[1],
): string {
  const band = `CAST(${bandExpression(population, edges)} AS VARCHAR)`;
  if (within.length === 0) return band;
  return `${band} || ' ' || ${groupExpression(population.table, within)}`;
}

/** A chance must lie in (0, 1] to weigh by it. */
export async function refuseBadChances(population: Population, column: string): Promise<string> {
  const { table, observed, unobserved } = population;
  const chance = `CAST(${table.column(column)} AS DOUBLE)`;
  const [bad] = await table.select(
    `SELECT min(rowid) FROM ${table.relation}
     WHERE (${observed} OR ${unobserved}) AND coalesce(NOT (${chance} >= 0 AND ${chance} <= 1), true)`,
  );
  if (bad![0] === null) return chance;
  throw new AnalysisError(
    'value_invalid',
    `row ${Number(bad![0]) + 1}, column \`${column}\`: is no chance between 0 and 1`,
    { details: { column, row: Number(bad![0]) + 1 } },
  );
}
