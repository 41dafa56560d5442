// SPDX-License-Identifier: Apache-2.0
import type { Cells } from '../binary/cells.ts';
import { bandEdges, observedCells, type Population, unobservedScores } from './population.ts';

export interface ParcellingPlan {
  readonly bands?: number | undefined;
  /** Event rate of rows without outcome over that of rows with one in the same band; decimal text. */
  readonly factor: string;
}

export interface Parcelling {
  /** Rows with outcome, and each row without one twice: as an event and as none, weighted by the assumed chance. */
  readonly cells: Cells;
  /** Rows without outcome in bands where nobody has one: they took the rate of the nearest band. */
  readonly borrowed: number;
}

const BANDS_DEFAULT = 10;

/**
 * Fuzzy parcelling: rows without outcome take the event rate of their score band times a factor (Siddiqi, "Credit Risk
 * Scorecards", 2006, chapter 6; reviewed by Crook & Banasik, Journal of Banking & Finance 28 (2004) 857–874). What it gives
 * is what the factor assumes, so it has no interval.
 */
export async function parcelling(
  population: Population,
  plan: ParcellingPlan,
): Promise<Parcelling> {
  const edges = await bandEdges(population, plan.bands ?? BANDS_DEFAULT);
  const observed = await observedCells(population);
  const unobserved = await unobservedScores(population);
  const rates = bandRates(observed, edges);
  const factor = Number(plan.factor);
  let borrowed = 0;
  const added: [number, number, number, number][] = [];
  unobserved.scores.forEach((score, at) => {
    const band = bandOf(score, edges);
    const count = unobserved.counts[at]!;
    if (rates[band] === undefined) borrowed += count;
    const chance = Math.min(1, factor * (rates[band] ?? nearest(rates, band)));
    if (chance < 1) added.push([score, 0, 1 - chance, count]);
    if (chance > 0) added.push([score, 1, chance, count]);
  });
  return { cells: merged(observed, added), borrowed };
}

/** Share of events in each band; undefined where nobody has an outcome. */
function bandRates(cells: Cells, edges: readonly number[]): readonly (number | undefined)[] {
  const events = new Array<number>(edges.length + 1).fill(0);
  const rows = new Array<number>(edges.length + 1).fill(0);
  cells.scores.forEach((score, at) => {
    const band = bandOf(score, edges);
    rows[band]! += cells.counts[at]!;
    if (cells.labels[at] === 1) events[band]! += cells.counts[at]!;
  });
  return rows.map((n, band) => (n === 0 ? undefined : events[band]! / n));
}

function bandOf(score: number, edges: readonly number[]): number {
  const band = edges.findIndex((edge) => score <= edge);
  return band === -1 ? edges.length : band;
}

/** The rate of the nearest band that has one, the lower of two at the same distance. */
function nearest(rates: readonly (number | undefined)[], band: number): number {
  for (let away = 1; away <= rates.length; away += 1) {
    const rate = rates[band - away] ?? rates[band + away];
    if (rate !== undefined) return rate;
  }
  return 0;
}

function merged(
  observed: Cells,
  added: readonly (readonly [number, number, number, number])[],
): Cells {
  const own = Array.from(
    observed.scores,
    (score, at) =>
      [score, observed.labels[at]!, observed.weights[at]!, observed.counts[at]!] as const,
  );
  const all = [...own, ...added].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  const column = (place: 0 | 1 | 2 | 3) => Float64Array.from(all, (row) => row[place]);
  return { scores: column(0), labels: column(1), weights: column(2), counts: column(3) };
}
