// SPDX-License-Identifier: Apache-2.0

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A fresh seed, or COUNTERSIGN_TEST_SEED to repeat a run; always printed. */
export function printedSeed(suite: string): number {
  const given = process.env.COUNTERSIGN_TEST_SEED;
  const seed = given === undefined ? Date.now() % 1_000_000_000 : Number(given);
  process.stdout.write(`${suite}: seed ${seed}\n`);
  return seed;
}

export interface GeneratedRow {
  readonly score: number;
  readonly challenger: number;
  readonly label: 0 | 1;
  readonly weight: number;
  readonly group: string;
  readonly stratum: string;
}

/** Scores with ties, miscalibrated, against labels; two groups, three strata. */
export function generatedRows(count: number, random: () => number): readonly GeneratedRow[] {
  return Array.from({ length: count }, () => {
    const risk = 0.05 + 0.7 * random() * random();
    const noisy = (spread: number) => {
      const moved = Math.min(0.98, Math.max(0.02, risk * 0.8 + spread * (random() - 0.5)));
      return Math.round(moved * 200) / 200;
    };
    return {
      score: noisy(0.2),
      challenger: noisy(0.5),
      label: random() < risk ? 1 : 0,
      weight: 1 + Math.floor(random() * 3),
      group: random() < 0.3 ? 'b' : 'a',
      stratum: 'xyz'[Math.floor(random() * 3)]!,
    };
  });
}
