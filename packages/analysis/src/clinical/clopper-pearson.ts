// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import { betaQuantile } from '../numeric/beta.ts';

/** A proportion with its exact interval (Clopper & Pearson, Biometrika 26 (1934) 404–413). Undefined for no trials. */
export function clopperPearson(
  successes: number,
  trials: number,
  level: number,
): Estimate | undefined {
  if (trials === 0) return undefined;
  const tail = (1 - level) / 2;
  const low = successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1);
  const high = successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes);
  return {
    value: successes / trials,
    interval: { low, high, level, method: 'clopper-pearson' },
  };
}
