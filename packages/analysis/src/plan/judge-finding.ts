// SPDX-License-Identifier: Apache-2.0
import type { Estimate } from '../intervals/interval.ts';
import {
  type Finding,
  type Judge,
  type Limit,
  type Measurement,
  measured,
  type Verdict,
} from './measurement.ts';

export interface JudgeOptions {
  /**
   * `interval` (default): pass only when the whole interval lies within the limit, fail when it lies wholly outside,
   * else inconclusive. `estimate`: the value alone decides, for a plan that says so.
   */
  readonly judge?: Judge | undefined;
  /** Verdict for too few rows or events. A limit can make it `inconclusive`, which never passes silently. */
  readonly whenTooFew?: 'too-few' | 'inconclusive';
}

/** Holds a figure against a limit; without one it is informational. */
export function judgeFinding(
  finding: Finding,
  limit: Limit | undefined,
  options: JudgeOptions = {},
): Measurement {
  const base = measured(finding);
  const limited = limit === undefined ? {} : { limit: limitText(limit) };
  if (finding.withheld !== undefined) {
    const verdict: Verdict = limit === undefined ? 'informational' : 'inconclusive';
    return { ...base, ...limited, verdict, reason: finding.withheld };
  }
  if (finding.tooFew !== undefined) {
    const verdict = limit === undefined ? 'too-few' : (options.whenTooFew ?? 'inconclusive');
    return { ...base, ...limited, verdict, reason: finding.tooFew };
  }
  if (finding.estimate === undefined) {
    const verdict: Verdict = limit === undefined ? 'informational' : 'inconclusive';
    return { ...base, ...limited, verdict, reason: 'the figure is not defined on these rows' };
  }
  if (limit === undefined) return { ...base, verdict: 'informational' };
  const judge =
    finding.estimate.interval === undefined ? 'estimate' : (options.judge ?? 'interval');
  const verdict = verdictOf(finding.estimate, limit, judge);
  const reason = verdict === 'inconclusive' ? { reason: 'the interval straddles the limit' } : {};
  return { ...base, ...limited, judge, verdict, ...reason };
}

/** `fail` over `inconclusive` over `pass`; `informational` when nothing was judged. Too few counts as inconclusive. */
export function worstVerdict(measurements: readonly Measurement[]): Verdict {
  const judged = measurements.filter((measurement) => measurement.limit !== undefined);
  const has = (verdict: Verdict) => judged.some((measurement) => measurement.verdict === verdict);
  if (has('fail')) return 'fail';
  if (has('inconclusive') || has('too-few')) return 'inconclusive';
  return judged.length === 0 ? 'informational' : 'pass';
}

function verdictOf(
  estimate: Estimate,
  limit: Limit,
  judge: Judge,
): 'pass' | 'fail' | 'inconclusive' {
  const seen =
    judge === 'estimate' || estimate.interval === undefined
      ? { low: estimate.value, high: estimate.value }
      : estimate.interval;
  const min = limit.min === undefined ? Number.NEGATIVE_INFINITY : Number(limit.min);
  const max = limit.max === undefined ? Number.POSITIVE_INFINITY : Number(limit.max);
  if (seen.low >= min && seen.high <= max) return 'pass';
  if (seen.high < min || seen.low > max) return 'fail';
  return 'inconclusive';
}

function limitText({ min, max }: Limit): Limit {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}
