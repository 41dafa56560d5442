// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { columnName, nameText, sentence } from '../common-values.ts';
import { limits, metricName } from './limits.ts';

export const fairness = z.strictObject({
  /** The one criterion that decides; the others are reported. */
  governing: metricName,
  why: sentence,
  attributes: z.array(nameText).optional(),
  limits: limits.optional(),
  conditional_on: z.array(columnName).optional(),
  events_min: z.number().int().min(1).optional(),
});
