// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName } from '../common-values.ts';
import { decimalValue } from '../decimal-value.ts';
import { fairness } from './fairness.ts';
import { limits, windowText } from './limits.ts';

export const monitoring = z.strictObject({
  /** `dataset.split` whose bins are frozen at training. */
  reference: z.string().min(1).max(130),
  window: windowText.optional(),
  zone: z.string().min(1).max(64).optional(),
  stability: z
    .strictObject({
      columns: z.union([z.literal('all'), z.array(columnName).min(1)]).optional(),
      bins: z.number().int().min(2).max(100).optional(),
      limits,
      false_alarms_per_year: decimalValue.optional(),
    })
    .optional(),
  outcomes: z
    .strictObject({
      limits,
      matures_after: windowText.optional(),
      events_min: z.number().int().min(1).optional(),
    })
    .optional(),
  fairness: fairness.optional(),
  consequences: z
    .partialRecord(
      z.enum(['stability', 'outcomes', 'fairness']),
      z.array(z.enum(['alert', 'finding', 'review', 'suspend'])).min(1),
    )
    .optional(),
  owner: z.string().min(1).max(200).optional(),
});

export type MonitoringPlan = z.output<typeof monitoring>;
