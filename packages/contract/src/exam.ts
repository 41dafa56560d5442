// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { QueryMoment } from './as-of.ts';
import { route } from './route.ts';
import { Digest, UtcTime } from './shared.ts';

const Counts = z.record(z.string(), z.int());
const Digests = z.array(Digest).readonly();

/** How an environment stood at the end of a month, and what happened in it. */
export const PostureReply = z.strictObject({
  month: z.string(),
  environment: z.enum(['staging', 'production']),
  at: UtcTime,
  /** SHA-256 of the canonical list of what was live. */
  baseline: Digest,
  live: z.strictObject({
    count: z.int(),
    byTier: Counts,
    byWarrant: Counts,
    expiring: Digests,
    records: Digests,
  }),
  acts: z.strictObject({ byKind: Counts, records: Digests }),
  requests: z.strictObject({ byClass: Counts, byState: Counts, records: Digests }),
  findings: z.strictObject({ open: z.int(), bySeverity: Counts, overdue: Digests }),
  exceptions: Digests,
  monitoring: z.strictObject({ results: z.int(), breached: Digests }),
});
export type PostureReply = z.infer<typeof PostureReply>;

export const examRoutes = {
  package: route({
    method: 'GET',
    path: '/v1/exam',
    summary:
      'An exam package: state at a date and every change of a period, which verifies alone; same log position, same bytes',
    tag: 'documents',
    access: 'export',
    query: z.strictObject({
      date: QueryMoment,
      /** First and last moment of the changes; the year up to the date unless given. */
      from: QueryMoment.optional(),
      to: QueryMoment.optional(),
      known: QueryMoment.optional(),
      /** `digests`: headers of decision batches as leaf hashes alone, which leaves completeness of the period unproven. */
      bulk: z.enum(['records', 'digests']).optional(),
    }),
    produces: 'application/zip',
  }),
  posture: route({
    method: 'GET',
    path: '/v1/exam/posture',
    summary: 'The posture of an environment in a month, for continuous monitoring',
    tag: 'documents',
    access: 'registry:read',
    query: z.strictObject({
      month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month like `2026-11`'),
      environment: z.enum(['staging', 'production']).optional(),
      known: QueryMoment.optional(),
    }),
    reply: PostureReply,
  }),
} as const;
