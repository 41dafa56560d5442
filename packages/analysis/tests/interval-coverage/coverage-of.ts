// SPDX-License-Identifier: Apache-2.0
import type { Interval } from '../../src/index.ts';
import { seededNumbers } from '../agreement/generated-rows.ts';

export interface CoverageTrial {
  /** Undefined where the figure is not defined on these rows: counted apart, never as covered. */
  readonly interval: Interval | undefined;
  readonly truth: number;
}

export interface Coverage {
  readonly tries: number;
  readonly covered: number;
  readonly undefinedTries: number;
  /** Share of defined intervals that hold the truth. */
  readonly share: number;
  /** Four standard errors of that share at the nominal level: what chance alone explains. */
  readonly chance: number;
}

/** Draws `tries` samples from one seed and counts the intervals that hold the true figure. */
export async function coverageOf(
  at: { readonly tries: number; readonly seed: number; readonly level: number },
  draw: (random: () => number) => CoverageTrial | Promise<CoverageTrial>,
): Promise<Coverage> {
  const random = seededNumbers(at.seed);
  let covered = 0;
  let undefinedTries = 0;
  for (let tried = 0; tried < at.tries; tried += 1) {
    const { interval, truth } = await draw(random);
    if (interval === undefined) undefinedTries += 1;
    else if (interval.low <= truth && truth <= interval.high) covered += 1;
  }
  const defined = at.tries - undefinedTries;
  return {
    tries: at.tries,
    covered,
    undefinedTries,
    share: covered / defined,
    chance: 4 * Math.sqrt((at.level * (1 - at.level)) / defined),
  };
}
