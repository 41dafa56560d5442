// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

const Predicate = z.object({
  type: z.string(),
  actor: z.string(),
  claimedAt: z.string(),
  subjectRef: z.object({
    model: z.string().optional(),
    version: z.int().optional(),
    use: z.string().optional(),
  }),
  content: z.unknown(),
});

/** What the page shows of a statement; it was checked by the kernel when it was recorded. */
export function readPredicate(statement: unknown) {
  const parsed = z.object({ predicate: Predicate }).safeParse(statement);
  if (!parsed.success) {
    return { type: '', actor: '', claimedAt: '', content: statement };
  }
  const { subjectRef, ...rest } = parsed.data.predicate;
  return { ...rest, ...subjectRef };
}
