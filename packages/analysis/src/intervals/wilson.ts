// SPDX-License-Identifier: Apache-2.0
import { criticalValue } from '../numeric/normal.ts';
import type { Estimate } from './interval.ts';

/** A proportion with Wilson's score interval (Wilson 1927). Undefined for no trials. */
export function wilson(successes: number, trials: number, level: number): Estimate | undefined {
  if (trials === 0) return undefined;
  const z = criticalValue(level);
  const share = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = (share + (z * z) / (2 * trials)) / scale;
  const half =
    (z / scale) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const low = successes === 0 ? 0 : Math.max(0, centre - half);
  const high = successes === trials ? 1 : Math.min(1, centre + half);
  return { value: share, interval: { low, high, level, method: 'wilson' } };
}
