// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { wilson } from '../intervals/wilson.ts';

/** Rows of one kind: how many, their weight, and the sum of their squared weights. */
export interface Tally {
  readonly count: number;
  readonly mass: number;
  readonly squares: number;
}

export const NO_ROWS: Tally = { count: 0, mass: 0, squares: 0 };

export function tallied(...parts: readonly Tally[]): Tally {
  return parts.reduce(
    (sum, part) => ({
      count: sum.count + part.count,
      mass: sum.mass + part.mass,
      squares: sum.squares + part.squares,
    }),
    NO_ROWS,
  );
}

/**
 * Share of weight that the hits hold. Where every row weighs 1, Wilson's interval (1927). With weights Wilson's interval
 * at the effective sample size p(1 − p) / v, v the linearised variance of a weighted mean (Korn & Graubard, Survey
 * Methodology 24 (1998) 193–201; Franco, Little, Louis & Slud, J. Survey Statistics and Methodology 7 (2019) 334–364); at
 * a share of 0 or 1, where v is 0, the effective size is Kish's (Σw)² / Σw². Undefined where no row is counted.
 */
export function share(hits: Tally, misses: Tally, level: number): Estimate | undefined {
  const all = tallied(hits, misses);
  if (all.count === 0) return undefined;
  if (all.mass === all.count && all.squares === all.count) {
    return wilson(hits.count, all.count, level);
  }
  const p = hits.mass / all.mass;
  const found = wilson(p * effectiveSize(hits, misses), effectiveSize(hits, misses), level);
  if (found?.interval === undefined) return { value: p };
  return { value: p, interval: { ...found.interval, method: 'wilson-effective-size' } };
}

/** Rows without weights that would tell the share as exactly as these weighted ones. */
export function effectiveSize(hits: Tally, misses: Tally): number {
  const all = tallied(hits, misses);
  const kish = (all.mass * all.mass) / all.squares;
  if (hits.count === 0 || misses.count === 0) return kish;
  const p = hits.mass / all.mass;
  const scatter = hits.squares * (1 - p) ** 2 + misses.squares * p ** 2;
  const variance = ((all.count / (all.count - 1)) * scatter) / (all.mass * all.mass);
  return (p * (1 - p)) / variance;
}
