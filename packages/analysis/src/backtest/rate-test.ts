// SPDX-License-Identifier: Apache-2.0
import { binomialCdf, regularisedBeta } from '../numeric/beta.ts';

/** Predicted and realised events of one period. */
export interface PredictedRate {
  /** Mean score of the rows. */
  readonly predicted: number;
  readonly events: number;
  readonly n: number;
}

export interface LightPlan {
  readonly test: 'jeffreys' | 'binomial';
  /** What the test looks for: more events than predicted, fewer, or either. */
  readonly side: 'underestimated' | 'overestimated' | 'either';
  /** Decimal texts; p below `amber` is amber, below `red` red. */
  readonly amber: string;
  readonly red: string;
  /** A gap of the rate up to this size is held to be no error. */
  readonly material?: string | undefined;
}

export type Light = 'green' | 'amber' | 'red';

/**
 * The chance of events as many (few) as these if the true rate is at most (at least) the predicted one plus (minus) the
 * immaterial gap. Jeffreys: the share of the posterior Beta(D + ½, N − D + ½) on the model's side of that bound (European
 * Central Bank, "Instructions for reporting the validation results of internal models", February 2019, section 2.5.3.1).
 * Binomial: the exact tail. Looking for either doubles the smaller of the two. Undefined without rows.
 */
export function rateTest(rate: PredictedRate, plan: LightPlan): number | undefined {
  if (rate.n === 0) return undefined;
  const gap = Number(plan.material ?? '0');
  const high = Math.min(1, rate.predicted + gap);
  const low = Math.max(0, rate.predicted - gap);
  const tails = plan.test === 'jeffreys' ? jeffreysTails : binomialTails;
  const { more, fewer } = tails(rate, { low, high });
  if (plan.side === 'underestimated') return more;
  if (plan.side === 'overestimated') return fewer;
  return Math.min(1, 2 * Math.min(more, fewer));
}

/** Green unless p is below a level; both levels are the plan's. */
export function lightOf(p: number, plan: Pick<LightPlan, 'amber' | 'red'>): Light {
  if (p < Number(plan.red)) return 'red';
  return p < Number(plan.amber) ? 'amber' : 'green';
}

type Tails = (
  rate: PredictedRate,
  bounds: { readonly low: number; readonly high: number },
) => { readonly more: number; readonly fewer: number };

const jeffreysTails: Tails = ({ events, n }, { low, high }) => {
  const a = events + 0.5;
  const b = n - events + 0.5;
  return { more: regularisedBeta(high, a, b), fewer: regularisedBeta(1 - low, b, a) };
};

const binomialTails: Tails = ({ events, n }, { low, high }) => ({
  more: 1 - binomialCdf(events - 1, n, high),
  fewer: binomialCdf(events, n, low),
});
