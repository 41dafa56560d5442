// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName } from '../common-values.ts';
import { shareValue } from '../decimal-value.ts';

const level = shareValue.refine(
  (text) => Number(text) > 0.5 && Number(text) < 1,
  'expected a confidence level such as 0.99',
);

/** A value-at-risk forecast for each day; the label is the day's profit or loss, the score a loss above 0. */
export const marketRisk = z.strictObject({
  date: columnName,
  /** Confidence level of the score. */
  level,
  /** `loss` (default): the forecast is the size of a loss. `return`: it is the quantile of profit, below 0. */
  sign: z.enum(['loss', 'return']).default('loss'),
  /** Days of the supervisory count; 250 without it. */
  window: z.number().int().min(20).max(2000).optional(),
  /** Further forecasts of the same profit or loss. */
  forecasts: z
    .array(z.strictObject({ column: columnName, level }))
    .min(1)
    .max(20)
    .optional(),
});

export type MarketRiskPlan = z.output<typeof marketRisk>;
