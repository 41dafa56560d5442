// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName } from '../common-values.ts';
import { decimalValue } from '../decimal-value.ts';
import { limits } from './limits.ts';

export const sensitivity = z.strictObject({
  inputs: z.union([z.literal('all'), z.array(columnName).min(1)]).optional(),
  /** Shift of a numeric input in its standard deviations. */
  shift: decimalValue.optional(),
  limits: limits.optional(),
});
