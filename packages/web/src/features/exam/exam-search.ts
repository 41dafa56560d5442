// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const Day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .optional()
  .catch(undefined);

/** What the page of an examination asks for, as its address says it. */
export const ExamSearch = z.object({
  /** Of the state; today without it. */
  date: Day,
  /** First and last day of the changes; the year up to the date without them. */
  from: Day,
  to: Day,
  /** What the log held at the end of the date answers; what it holds now without it. */
  known: z.literal('then').optional().catch(undefined),
  bulk: z.literal('digests').optional().catch(undefined),
});
export type ExamSearch = z.infer<typeof ExamSearch>;

export interface ExamAsked {
  readonly date: string;
  readonly from: string;
  readonly to: string;
  readonly known: string | undefined;
  readonly bulk: 'digests' | undefined;
}

/** With every day filled in, as the server fills it in. */
export function askedOf(search: ExamSearch, today: string): ExamAsked {
  const date = search.date ?? today;
  const to = search.to ?? date;
  return {
    date,
    from: search.from ?? yearBefore(date),
    to,
    known: search.known === undefined ? undefined : date,
    bulk: search.bulk,
  };
}

/** The same day a year earlier; of 29 February 1 March, as the calendar counts on. */
function yearBefore(day: string): string {
  const at = new Date(`${day}T00:00:00.000Z`);
  at.setUTCFullYear(at.getUTCFullYear() - 1);
  return at.toISOString().slice(0, 10);
}
