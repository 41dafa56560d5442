// SPDX-License-Identifier: Apache-2.0
import { chiSquaredTail } from '../numeric/chi-squared.ts';

// Terms fall as exp(−2k²λ²): for λ above 0.2 a hundred leave nothing; below it the tail is 1 to 12 digits.
const TERMS_MAX = 100;
const LAMBDA_MIN = 0.2;

/**
 * P(K > λ) of Kolmogorov's limiting distribution, λ = D·√(nm/(n + m)): 2 Σ (−1)^(k−1) exp(−2k²λ²) (N. Smirnov, "Table for
 * estimating the goodness of fit of empirical distributions", Annals of Mathematical Statistics 19, 1948, 279–281). With
 * ties the true tail is smaller, so the figure is on the cautious side.
 */
export function kolmogorovTail(distance: number, first: number, second: number): number {
  const lambda = distance * Math.sqrt((first * second) / (first + second));
  if (!(lambda > LAMBDA_MIN)) return 1;
  let sum = 0;
  for (let k = 1; k <= TERMS_MAX; k += 1) {
    const term = Math.exp(-2 * k * k * lambda * lambda);
    sum += k % 2 === 1 ? term : -term;
    if (term === 0) break;
  }
  return Math.min(1, Math.max(0, 2 * sum));
}

export interface ChiSquaredTest {
  readonly statistic: number;
  readonly degrees: number;
  readonly pValue: number;
  /** Cramér's V = √(χ²/n) of a table with two rows (H. Cramér, Mathematical Methods of Statistics, 1946, section 21.9). */
  readonly effect: number;
}

/** Categories that occur equally often: rows of each in either sample, and how many such categories there are. */
export interface CategoryCount {
  readonly first: number;
  readonly second: number;
  readonly categories: number;
}

/** Pearson's test that two samples fall into categories alike; undefined with a side empty or one category in all. */
export function chiSquaredTest(counts: readonly CategoryCount[]): ChiSquaredTest | undefined {
  const sum = (figure: (one: CategoryCount) => number) =>
    counts.reduce((total, one) => total + figure(one) * one.categories, 0);
  const [n, m] = [sum(({ first }) => first), sum(({ second }) => second)];
  const degrees = sum(({ first, second }) => (first + second > 0 ? 1 : 0)) - 1;
  if (n === 0 || m === 0 || degrees < 1) return undefined;
  const part = (count: number, expected: number) =>
    expected === 0 ? 0 : (count - expected) ** 2 / expected;
  const statistic = sum(({ first, second }) => {
    const total = first + second;
    return part(first, (total * n) / (n + m)) + part(second, (total * m) / (n + m));
  });
  return {
    statistic,
    degrees,
    pValue: chiSquaredTail(statistic, degrees),
    effect: Math.sqrt(statistic / (n + m)),
  };
}
