// SPDX-License-Identifier: Apache-2.0
import { bisect } from './bisect.ts';
import { logGamma } from './gamma.ts';

// The fraction converges in some tens of steps on the side where it is used; the bound only guards against NaN.
const ITERATIONS_MAX = 10_000;
const PRECISION = 4e-16;
const TINY = 1e-300;

/** Regularised incomplete beta function I_x(a, b), a, b > 0 (DLMF 8.17.22 continued fraction, 8.17.4 reflection). */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - regularisedBeta(1 - x, b, a);
  const front = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b);
  return (Math.exp(front) * fraction(x, a, b)) / a;
}

/** P(X ≤ k) for X binomial with `n` trials of chance `p`. */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  return k >= n ? 1 : regularisedBeta(1 - p, n - k, k + 1);
}

/** The x with I_x(a, b) = `share`. */
export function betaQuantile(share: number, a: number, b: number): number {
  return bisect((x) => regularisedBeta(x, a, b) - share, 0, 1);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

// Lentz's method.
function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m < ITERATIONS_MAX; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < PRECISION) break;
  }
  return value;
}

function guarded(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
