// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** What the page of reviews shows, as its address says it. */
export const ReviewsSearch = z.object({
  view: z.enum(['calendar']).optional().catch(undefined),
  /** Of the calendar; this month without it. */
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/)
    .optional()
    .catch(undefined),
});
