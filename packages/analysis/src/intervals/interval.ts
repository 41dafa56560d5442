// SPDX-License-Identifier: Apache-2.0

/** A two-sided confidence interval, still in binary floats; `method` names the formula. `high` may be infinite. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
  readonly method: string;
}

/** An estimate with its interval; the interval is absent where none is defined (for example zero variance). */
export interface Estimate {
  readonly value: number;
  readonly interval?: Interval;
}

export const DEFAULT_LEVEL = 0.95;
