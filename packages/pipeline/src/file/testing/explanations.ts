// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName } from '../common-values.ts';
import { drawSeed, limits } from './limits.ts';

const inputs = z.union([z.literal('all'), z.array(columnName).min(1)]);
const rows = z.number().int().min(10).max(10_000);

/** How the model's answers are explained, and whether the explanations hold. Rows are taken evenly by their content. */
export const explanations = z.strictObject({
  seed: drawSeed.optional(),
  partial_dependence: z
    .strictObject({
      inputs: inputs.optional(),
      /** Values tried of a number. */
      grid: z.number().int().min(2).max(50).optional(),
      rows: rows.optional(),
      limits: limits.optional(),
    })
    .optional(),
  permutation: z
    .strictObject({
      inputs: inputs.optional(),
      metric: z.enum(['auc', 'brier', 'log_loss']).optional(),
      repeats: z.number().int().min(2).max(200).optional(),
      rows: rows.optional(),
      limits: limits.optional(),
    })
    .optional(),
  shapley: z
    .strictObject({
      /** Rows explained. */
      rows: z.number().int().min(1).max(2000).optional(),
      /** Rows that an input which is left out takes its values from. */
      background: z.number().int().min(1).max(1000).optional(),
      /** Orders of the inputs drawn for a row where enumeration is too long; each is also walked backwards. */
      orders: z.number().int().min(2).max(1000).optional(),
      /** Unit of the contributions: the score itself or its log-odds. */
      scale: z.enum(['score', 'logit']).optional(),
      limits: limits.optional(),
      /** Reasons stated from the values, tested by improving the input that they cite. */
      reasons: z
        .strictObject({
          count: z.number().int().min(1).max(10).optional(),
          limits: limits.optional(),
        })
        .optional(),
    })
    .optional(),
});
