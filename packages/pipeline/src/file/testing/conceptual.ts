// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { limits } from './limits.ts';

/** Checks of the design on data: collinearity, separation, overfitting, leakage, direction of each input. */
export const conceptual = z.strictObject({
  limits: limits.optional(),
  /** At most this many rows are read into matrices or scored, taken evenly by their content. */
  rows: z.number().int().min(50).max(200_000).optional(),
});
