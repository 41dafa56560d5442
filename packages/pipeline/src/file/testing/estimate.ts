// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName } from '../common-values.ts';
import { shareValue } from '../decimal-value.ts';

const quantile = z.strictObject({
  /** Holds the predicted quantile of each row. */
  column: columnName,
  at: shareValue.refine((text) => Number(text) > 0 && Number(text) < 1, 'expected between 0 and 1'),
});

export const estimate = z.strictObject({
  quantiles: z
    .array(quantile)
    .min(1)
    .max(100)
    .refine(
      (all) => new Set(all.map(({ at }) => at)).size === all.length,
      'expected each quantile once',
    )
    .optional(),
});

export type EstimatePlan = z.output<typeof estimate>;
