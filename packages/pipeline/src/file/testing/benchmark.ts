// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { limits } from './limits.ts';

/** What the model is held against on the same rows. Challengers whose predictions a step leaves need no entry. */
export const benchmark = z.strictObject({
  /** `base-rate`: everybody gets the share of events; `logistic`: a penalised logistic regression on the same inputs, cross-fitted. */
  simple: z
    .array(z.enum(['base-rate', 'logistic']))
    .min(1)
    .optional(),
  /** On candidate less challenger, such as `auc_difference: { min: -0.02 }`. */
  limits: limits.optional(),
});
