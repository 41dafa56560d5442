// SPDX-License-Identifier: Apache-2.0
import { normalQuantile } from './normal.ts';

/** Uniform numbers strictly between 0 and 1. */
export type Draws = () => number;

/**
 * A stream of its own for each key: what is drawn for one input or row does not depend on which others there are, nor on
 * the order of work. xoshiro128** (Blackman & Vigna 2021) over 32-bit integers, seeded by murmur3's finaliser, so the
 * same digits come on every machine. For measurement, never for secrets.
 */
export function drawsOf(...key: readonly (string | number)[]): Draws {
  const state = seeded(JSON.stringify(key));
  const next = () => {
    const result = Math.imul(rotated(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = rotated(state[3]!, 11);
    return result;
  };
  // 52 bits and a half: never 0 and never 1, so that a quantile of it is finite.
  return () => ((next() >>> 6) * 2 ** 26 + (next() >>> 6) + 0.5) / 2 ** 52;
}

/** Standard normal numbers, by the inverse of the distribution. */
export function normalDraws(draws: Draws): Draws {
  return () => normalQuantile(draws());
}

/** 0 to `length` − 1 in a random order (Fisher & Yates). */
export function shuffledPlaces(length: number, draws: Draws): Uint32Array {
  const places = Uint32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = Math.floor(draws() * (last + 1));
    const kept = places[last]!;
    places[last] = places[other]!;
    places[other] = kept;
  }
  return places;
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function seeded(key: string): Int32Array {
  const state = new Int32Array(4);
  for (let part = 0; part < 4; part += 1) {
    let hash = 0x9e3779b9 ^ Math.imul(part + 1, 0x85ebca6b);
    for (let index = 0; index < key.length; index += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(index), 0xcc9e2d51);
      hash = Math.imul(rotated(hash, 15), 0x1b873593);
    }
    hash ^= hash >>> 16;
    hash = Math.imul(hash, 0x85ebca6b);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0xc2b2ae35);
    state[part] = hash ^ (hash >>> 16);
  }
  // All zero is the one state that the generator never leaves.
  if (state.every((word) => word === 0)) state[0] = 1;
  return state;
}
