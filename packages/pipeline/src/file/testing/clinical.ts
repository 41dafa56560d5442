// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, sentence } from '../common-values.ts';
import { decimalValue, shareValue } from '../decimal-value.ts';
import { limits } from './limits.ts';

const insideUnit = shareValue.refine(
  (text) => Number(text) > 0 && Number(text) < 1,
  'expected a number between 0 and 1',
);

/** What the answers are held against: another reading of the same cases, or a fixed value. */
const reference = z.union([
  z.strictObject({
    column: columnName,
    /** The text of the column that is a positive reading; 1 without it. */
    positive: z.union([z.string(), z.number().int(), z.boolean()]).transform(String).optional(),
  }),
  z.strictObject({ value: insideUnit, source: sentence }),
]);

const nonInferiority = z.strictObject({
  metric: z.enum(['sensitivity', 'specificity']),
  against: reference,
  /** The largest loss that is still no worse, declared before the test. */
  margin: decimalValue.refine((text) => Number(text) > 0 && Number(text) < 1, 'expected above 0'),
  why: sentence,
  /** One-sided error; 0.025 without it. */
  alpha: insideUnit.optional(),
});

export const clinical = z.strictObject({
  /** Share of the intended population that has the condition, and where that is known from. */
  prevalence: z.strictObject({ value: insideUnit, source: sentence }).optional(),
  /** Interval of sensitivity and specificity. */
  interval: z.enum(['exact', 'wilson']).default('exact'),
  limits: limits.optional(),
  non_inferiority: z.array(nonInferiority).min(1).max(10).optional(),
});

export type ClinicalPlan = z.output<typeof clinical>;
