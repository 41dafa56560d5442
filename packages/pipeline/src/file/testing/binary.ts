// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { decimalValue } from '../decimal-value.ts';

/** Cutoffs whose rates are shown beside those of the declared one. */
export const cutoffs = z.array(decimalValue).min(1).max(50);

/** Bands of about equal row counts (ten without it), or declared edges: a band runs from one edge to below the next. */
export const bands = z.union([
  z.strictObject({ count: z.number().int().min(2).max(100) }),
  z.strictObject({
    edges: z
      .array(decimalValue)
      .min(1)
      .max(100)
      .refine(
        (edges) => edges.every((edge, at) => at === 0 || Number(edge) > Number(edges[at - 1])),
        'expected edges that rise',
      ),
  }),
]);

const cost = decimalValue.refine((text) => Number(text) >= 0, 'expected a cost of 0 or more');

/** What a wrong decision costs, in one unit for both. */
export const costs = z.strictObject({
  false_positive: cost,
  false_negative: cost,
  /** What the numbers count: `EUR per applicant`. */
  unit: z.string().trim().min(1).max(100).optional(),
});

/** How often units are resampled, where the dataset declares a `unit`. */
export const bootstrap = z.strictObject({ replicates: z.number().int().min(99).max(9999) });
