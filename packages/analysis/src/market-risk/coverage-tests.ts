// SPDX-License-Identifier: Apache-2.0
import { chiSquaredTail } from '../numeric/chi-squared.ts';

/** A likelihood ratio, chi-squared under the null hypothesis, with its tail. */
export interface LikelihoodRatio {
  readonly statistic: number;
  readonly pValue: number;
}

/** Days by whether the day before (first digit) and the day itself (second) was an exception. */
export interface Transitions {
  readonly n00: number;
  readonly n01: number;
  readonly n10: number;
  readonly n11: number;
}

/**
 * Proportion of failures: whether exceptions come at the stated rate `tail`. Kupiec, "Techniques for verifying the accuracy
 * of risk measurement models", Journal of Derivatives 3 (2) (1995) 73–84; one degree of freedom.
 */
export function proportionOfFailures(
  exceptions: number,
  days: number,
  tail: number,
): LikelihoodRatio {
  const seen = exceptions / days;
  const under = logLikelihood(days - exceptions, exceptions, tail);
  return ratioTest(under, logLikelihood(days - exceptions, exceptions, seen), 1);
}

/** Whether an exception follows the day before's, over consecutive days in order of time. */
export function transitionsOf(isException: readonly boolean[]): Transitions {
  const counts = { n00: 0, n01: 0, n10: 0, n11: 0 };
  for (let day = 1; day < isException.length; day += 1) {
    const key = `n${isException[day - 1] ? 1 : 0}${isException[day] ? 1 : 0}` as const;
    counts[key] += 1;
  }
  return counts;
}

/**
 * Independence of exceptions against a first-order Markov chain. Christoffersen, "Evaluating interval forecasts",
 * International Economic Review 39 (1998) 841–862; one degree of freedom. Undefined without an exception to follow.
 */
export function independence({ n00, n01, n10, n11 }: Transitions): LikelihoodRatio | undefined {
  if (n10 + n11 === 0 || n00 + n01 === 0) return undefined;
  const seen = (n01 + n11) / (n00 + n01 + n10 + n11);
  const calm = n01 / (n00 + n01);
  const after = n11 / (n10 + n11);
  const free = logLikelihood(n00, n01, calm) + logLikelihood(n10, n11, after);
  return ratioTest(logLikelihood(n00 + n10, n01 + n11, seen), free, 1);
}

/**
 * Right rate and independence together (Christoffersen 1998): the likelihood of the days after the first at the stated rate
 * against that of the Markov chain; two degrees of freedom.
 */
export function conditionalCoverage(
  transitions: Transitions,
  tail: number,
): LikelihoodRatio | undefined {
  const { n00, n01, n10, n11 } = transitions;
  if (n10 + n11 === 0 || n00 + n01 === 0) return undefined;
  const under = logLikelihood(n00 + n10, n01 + n11, tail);
  const free =
    logLikelihood(n00, n01, n01 / (n00 + n01)) + logLikelihood(n10, n11, n11 / (n10 + n11));
  return ratioTest(under, free, 2);
}

// Of `misses` and `hits` with chance p of a hit; 0·log 0 is 0.
function logLikelihood(misses: number, hits: number, p: number): number {
  const part = (count: number, log: number) => (count === 0 ? 0 : count * log);
  return part(misses, Math.log1p(-p)) + part(hits, Math.log(p));
}

function ratioTest(under: number, free: number, degrees: number): LikelihoodRatio {
  const statistic = Math.max(0, 2 * (free - under));
  return { statistic, pValue: chiSquaredTail(statistic, degrees) };
}
