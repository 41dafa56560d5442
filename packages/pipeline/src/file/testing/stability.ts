// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName } from '../common-values.ts';
import { decimalValue } from '../decimal-value.ts';
import { limits } from './limits.ts';

/** Stability of later rows against the development rows, with the bins frozen there. */
export const stability = z.strictObject({
  columns: z.array(columnName).min(1).max(500),
  bins: z.number().int().min(2).max(100).optional(),
  limits,
  /** Expected false alarms a year over all columns, one look a `window`. */
  false_alarms_per_year: decimalValue.optional(),
});
