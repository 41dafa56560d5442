// SPDX-License-Identifier: Apache-2.0
import { canonicalDecimal } from '@countersign/kernel';
import type { Estimate } from '../intervals/interval.ts';

/** Text of 12 significant digits; null where no figure exists, or where a bound is infinite. */
export type DecimalText = string;

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'informational' | 'too-few';

/** Which rows a figure is about: `value` of grouping `by`, compared with `reference`. */
export interface MeasuredGroup {
  readonly by: string;
  readonly value: string;
  readonly reference?: string;
}

export interface MeasuredInterval {
  readonly low: DecimalText | null;
  readonly high: DecimalText | null;
  readonly level: DecimalText;
  readonly method: string;
}

/** Bounds of the plan, both included; at least one is there. */
export interface Limit {
  readonly min?: DecimalText | undefined;
  readonly max?: DecimalText | undefined;
}

/** One figure as records hold it: JSON without binary floats. */
export interface Measurement {
  /** Id such as `auc` or `approval_ratio`. */
  readonly metric: string;
  readonly group?: MeasuredGroup;
  readonly value: DecimalText | null;
  readonly interval?: MeasuredInterval;
  /** Rows behind the figure. */
  readonly n: number;
  /** Rows of the rarer label, or the smallest expected count of a comparison. */
  readonly events?: number;
  readonly weighted?: true;
  readonly limit?: Limit;
  /** Whether the interval or the estimate was held against the limit. */
  readonly judge?: Judge;
  readonly verdict: Verdict;
  /** Why the verdict is not simply the comparison of value and limit. */
  readonly reason?: string;
  /** Where the formula comes from. */
  readonly source: string;
}

export type Judge = 'interval' | 'estimate';

/** A figure before it is judged. */
export interface Finding {
  readonly metric: string;
  readonly estimate: Estimate | undefined;
  readonly n: number;
  readonly events?: number;
  readonly group?: MeasuredGroup;
  readonly weighted?: boolean;
  readonly source: string;
  /** Set when too few rows or events stand behind the figure for it to say anything. */
  readonly tooFew?: string;
  /** Set when the figure must not be told from these rows, such as one that needs outcomes which nobody saw. */
  readonly withheld?: string;
}

/** A number of a report; null for one that has no decimal text. */
export function decimal(value: number): DecimalText | null {
  return Number.isFinite(value) ? canonicalDecimal(value) : null;
}

/** The figure as text, without verdict. */
export function measured(finding: Finding): Omit<Measurement, 'verdict'> {
  const interval = finding.estimate?.interval;
  return {
    metric: finding.metric,
    ...(finding.group === undefined ? {} : { group: finding.group }),
    value: finding.estimate === undefined ? null : decimal(finding.estimate.value),
    ...(interval === undefined
      ? {}
      : {
          interval: {
            low: decimal(interval.low),
            high: decimal(interval.high),
            level: canonicalDecimal(interval.level),
            method: interval.method,
          },
        }),
    n: finding.n,
    ...(finding.events === undefined ? {} : { events: finding.events }),
    ...(finding.weighted === true ? { weighted: true as const } : {}),
    source: finding.source,
  };
}
