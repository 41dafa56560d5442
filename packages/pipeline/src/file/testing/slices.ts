// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { grouping } from '../common-values.ts';
import { decimalValue, shareValue } from '../decimal-value.ts';
import { limits } from './limits.ts';

/** Where the model is worse than elsewhere, searched over columns alone and two at a time. */
export const slices = z.strictObject({
  columns: z.array(grouping).min(1).max(20),
  metric: z.enum(['error_rate', 'log_loss', 'calibration']),
  /** Bands of about equal rows for a number without groups or bands of its own. */
  bins: z.number().int().min(2).max(20).optional(),
  rows_min: z.number().int().min(20).optional(),
  events_min: z.number().int().min(1).optional(),
  /** Smallest excess over the rest that is told, in the metric's unit. */
  effect_min: decimalValue.optional(),
  false_discovery_rate: shareValue.optional(),
  control: z.enum(['benjamini-yekutieli', 'benjamini-hochberg']).optional(),
  tests_max: z.number().int().min(1).max(20_000).optional(),
  /** On `slices_found`. */
  limits: limits.optional(),
});
