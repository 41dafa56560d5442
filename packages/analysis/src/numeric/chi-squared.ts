// SPDX-License-Identifier: Apache-2.0

import { bisect } from './bisect.ts';
import { upperGamma } from './gamma.ts';

/** P(X > x) for a chi-squared X with `degrees` degrees of freedom. */
export function chiSquaredTail(x: number, degrees: number): number {
  return upperGamma(degrees / 2, x / 2);
}

/** The x exceeded with probability `tail`. */
export function chiSquaredCritical(tail: number, degrees: number): number {
  let high = degrees + 10;
  // Doubling reaches any representable tail in far fewer than 64 steps.
  for (let step = 0; step < 64 && chiSquaredTail(high, degrees) > tail; step += 1) high *= 2;
  return bisect((x) => tail - chiSquaredTail(x, degrees), 0, high);
}
