// SPDX-License-Identifier: Apache-2.0
import type { Measurement, Verdict } from '../plan/measurement.ts';

/** What every report has: plain JSON without binary floats, fit for a record. */
export interface Report {
  readonly kind: string;
  /** Confidence level of the intervals. */
  readonly confidence: string;
  readonly rows: number;
  readonly measurements: readonly Measurement[];
  /** Over the measurements that have a limit. */
  readonly verdict: Verdict;
  /** What a reader must know before trusting the figures. */
  readonly caveats: readonly string[];
}
