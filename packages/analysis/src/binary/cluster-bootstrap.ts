// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Interval } from '../intervals/interval.ts';
import type { Cells } from './cells.ts';

/** Cells that keep the rows of different units apart; `units` are whole numbers. */
export type UnitCells = Cells & { readonly units: Float64Array };

/** So that the ends of a 95 % interval are whole order statistics: 0.025 · (399 + 1) = 10. */
export const REPLICATES_DEFAULT = 399;
// A figure that is not defined on more than this share of the draws has no interval.
const UNDEFINED_SHARE_MAX = 0.05;

export interface ClusterIntervals {
  readonly units: number;
  readonly replicates: number;
  /** SHA-256 of the cells, whose first bytes seed the draws: the same rows draw the same units. */
  readonly seed: string;
  /** By figure; absent where the figure is not defined on enough draws or does not vary. */
  readonly intervals: ReadonlyMap<string, Interval>;
}

/**
 * Percentile intervals from resampling whole units with replacement (Davison & Hinkley, Bootstrap Methods and their
 * Application, 1997, 3.8 and 5.3; Field & Welsh, JRSS B 69 (2007) 369–390): rows of one unit may depend on one another in
 * any way, units may not. Draws are seeded by the cells themselves, so that row order and threads change no digit.
 */
export function clusterIntervals(
  cells: UnitCells,
  figures: (cells: Cells) => Readonly<Record<string, number | undefined>>,
  { level, replicates }: { readonly level: number; readonly replicates: number },
): ClusterIntervals {
  const places = denseUnits(cells.units);
  const seed = seedOf(cells);
  const random = seededDraws(seed);
  const values = new Map<string, number[]>();
  for (let draw = 0; draw < replicates; draw += 1) {
    const times = new Uint32Array(places.units);
    for (let taken = 0; taken < places.units; taken += 1) {
      times[Math.floor(random() * places.units)]! += 1;
    }
    for (const [name, value] of Object.entries(figures(drawn(cells, places.of, times)))) {
      if (value === undefined || !Number.isFinite(value)) continue;
      const known = values.get(name);
      if (known === undefined) values.set(name, [value]);
      else known.push(value);
    }
  }
  const intervals = new Map<string, Interval>();
  for (const [name, drawnValues] of values) {
    if (drawnValues.length < replicates * (1 - UNDEFINED_SHARE_MAX)) continue;
    const interval = percentiles(drawnValues, level);
    if (interval !== undefined) intervals.set(name, interval);
  }
  return { units: places.units, replicates, seed, intervals };
}

/** Units numbered from 0 without gaps, in the order of their numbers. */
function denseUnits(units: Float64Array): { readonly of: Uint32Array; readonly units: number } {
  const sorted = Float64Array.from(new Set(units)).sort();
  const place = new Map(Array.from(sorted, (unit, index) => [unit, index] as const));
  const of = new Uint32Array(units.length);
  for (let cell = 0; cell < units.length; cell += 1) of[cell] = place.get(units[cell]!)!;
  return { of, units: sorted.length };
}

/** The cells with each unit counted as often as it was drawn; those never drawn are left out. */
function drawn(cells: Cells, unitOf: Uint32Array, times: Uint32Array): Cells {
  let kept = 0;
  for (let cell = 0; cell < unitOf.length; cell += 1) if (times[unitOf[cell]!]! > 0) kept += 1;
  const [scores, labels, weights, counts] = [0, 1, 2, 3].map(() => new Float64Array(kept)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let next = 0;
  for (let cell = 0; cell < unitOf.length; cell += 1) {
    const factor = times[unitOf[cell]!]!;
    if (factor === 0) continue;
    scores[next] = cells.scores[cell]!;
    labels[next] = cells.labels[cell]!;
    weights[next] = cells.weights[cell]!;
    counts[next] = cells.counts[cell]! * factor;
    next += 1;
  }
  return { scores, labels, weights, counts };
}

/** Order statistics at (R + 1)·p, between neighbours where that is no whole number (Davison & Hinkley, 5.6). */
function percentiles(values: number[], level: number): Interval | undefined {
  const sorted = Float64Array.from(values).sort();
  const at = (p: number) => {
    const place = Math.min(sorted.length, Math.max(1, (sorted.length + 1) * p));
    const below = sorted[Math.floor(place) - 1]!;
    const above = sorted[Math.min(sorted.length, Math.ceil(place)) - 1]!;
    return below + (place - Math.floor(place)) * (above - below);
  };
  const [low, high] = [at((1 - level) / 2), at((1 + level) / 2)];
  if (low === high) return undefined;
  return { low, high, level, method: 'cluster-bootstrap-percentile' };
}

function seedOf(cells: UnitCells): string {
  const hash = createHash('sha256');
  for (const column of [cells.scores, cells.labels, cells.weights, cells.counts, cells.units]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
}

/** Uniform numbers in [0, 1) from the first 16 bytes of a seed: xoshiro128**, Blackman & Vigna 2021. */
function seededDraws(seed: string): () => number {
  const state = Uint32Array.from([0, 8, 16, 24], (at) =>
    Number.parseInt(seed.slice(at, at + 8), 16),
  );
  const rotate = (x: number, by: number) => (x << by) | (x >>> (32 - by));
  return () => {
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    const [c1, d1] = [c ^ a, d ^ b];
    state[1] = b ^ c1;
    state[0] = a ^ d1;
    state[2] = c1 ^ shifted;
    state[3] = rotate(d1, 11);
    return result / 2 ** 32;
  };
}
