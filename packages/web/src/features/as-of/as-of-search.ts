// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const text = z
  .union([z.string(), z.number().transform(String)])
  .optional()
  .catch(undefined);

/** A day, which means its end in UTC, or a moment of it. */
const Moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?$/)
  .optional()
  .catch(undefined);

/** What the page of a date shows, as its address says it. */
export const AsOfSearch = z.object({
  /** Today without it. */
  date: Moment,
  /** What the log held then answers; what it holds now without it. */
  known: Moment,
  model: text,
  environment: z.enum(['staging', 'production']).optional().catch(undefined),
  q: text,
  /** Only what is told otherwise now than it was then. */
  differs: z.literal(true).optional().catch(undefined),
  sort: text,
});
export type AsOfSearch = z.infer<typeof AsOfSearch>;
