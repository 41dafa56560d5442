// SPDX-License-Identifier: Apache-2.0
import type { Grouping } from '@countersign/pipeline';
import type { Limit } from '../plan/measurement.ts';

export type SliceMetric = 'error_rate' | 'log_loss' | 'calibration';
export type SliceControl = 'benjamini-yekutieli' | 'benjamini-hochberg';

/** The `slices` part of a plan: where the model is worse than elsewhere, searched and not declared. */
export interface SlicesPlan {
  /** Columns and groupings to search over, alone and two at a time. */
  readonly columns: readonly Grouping[];
  readonly metric: SliceMetric;
  /** Bands of about equal rows for a numeric column without groups or bands of its own; 4 without it. */
  readonly bins?: number | undefined;
  /** Smallest slice, and smallest rest; 100 rows without it. */
  readonly rows_min?: number | undefined;
  /** Fewest rows of either label in a slice; 5 without it. */
  readonly events_min?: number | undefined;
  /** Smallest excess over the rest that is worth telling, in the metric's unit; 0 without it. */
  readonly effect_min?: string | undefined;
  /** Expected share of false slices among those found; 0.05 without it. */
  readonly false_discovery_rate?: string | undefined;
  /** `benjamini-yekutieli` (default) holds whatever the dependence of overlapping slices. */
  readonly control?: SliceControl | undefined;
  /** More slices than this to test are refused; 2000 without it. */
  readonly tests_max?: number | undefined;
  /** On `slices_found`. */
  readonly limits?: Readonly<Record<string, Limit>> | undefined;
}
