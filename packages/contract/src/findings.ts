// SPDX-License-Identifier: Apache-2.0
import {
  FINDING_SEVERITIES,
  FINDING_SOURCES,
  FINDING_STATES,
  REVIEW_OUTCOMES,
  REVIEW_TRIGGERS,
  TIERS,
} from '@countersign/kernel';
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, JsonValue, Name, QueryCount, UtcTime } from './shared.ts';

/** Entries of a register in one answer. */
export const REGISTER_PAGE = 1_000;

/** `total` counts what matches; `next` is the `offset` of the next page, absent on the last. */
const Paging = { total: z.int(), next: z.int().optional() };
const Offset = { offset: QueryCount.optional() };
const Yes = z.enum(['true', 'false']);
const Account = z.string().min(1).max(128);

export const FindingsQuery = z.strictObject({
  model: Name.optional(),
  status: z.enum(FINDING_STATES).optional(),
  severity: z.enum(FINDING_SEVERITIES).optional(),
  source: z.enum(FINDING_SOURCES).optional(),
  owner: Account.optional(),
  overdue: Yes.optional(),
  ...Offset,
});

export const FindingSchema = z.strictObject({
  id: z.string(),
  model: z.string(),
  use: z.string().optional(),
  version: z.int().optional(),
  digest: Digest,
  content: JsonValue,
  raisedAt: UtcTime,
  raisedBy: z.string(),
  closedAt: UtcTime.optional(),
  blocking: z.boolean(),
  /** Whole days since it was raised; for a closed one, until it was closed. */
  daysOpen: z.int(),
  daysOverdue: z.int(),
  overdue: z.boolean(),
  history: z
    .array(z.strictObject({ digest: Digest, status: z.string(), actor: z.string(), at: UtcTime }))
    .readonly(),
});

export const AgeingSchema = z.strictObject({
  severity: z.enum(FINDING_SEVERITIES),
  open: z.int(),
  overdue: z.int(),
  /** Open findings of up to 30, 31 to 60, 61 to 90, 91 to 180 and more days. */
  buckets: z.array(z.int()).readonly(),
  oldestDays: z.int(),
});

export const FindingsReply = z.strictObject({
  findings: z.array(FindingSchema).readonly(),
  /** Over everything that matches, not the page alone. */
  ageing: z.array(AgeingSchema).readonly(),
  ...Paging,
  /** Id that the next finding of the model takes; present when a model was asked for. */
  nextId: z.string().optional(),
  /** Extensions that the promotion policy in force allows a finding. */
  extensionsMax: z.int(),
});
export type FindingsReply = z.infer<typeof FindingsReply>;

export const ExceptionsQuery = z.strictObject({
  model: Name.optional(),
  state: z.enum(['running', 'expired', 'superseded']).optional(),
  ...Offset,
});
export const ExceptionsReply = z.strictObject({
  /** Beside what was signed: `state`, `daysRunning`, `daysLeft` and `renewals`. */
  exceptions: z.array(JsonValue).readonly(),
  ...Paging,
});
export type ExceptionsReply = z.infer<typeof ExceptionsReply>;

const REVIEW_STATES = ['unstarted', 'current', 'due', 'triggered', 'overdue'] as const;

export const ReviewsReply = z.strictObject({
  reviews: z
    .array(
      z.strictObject({
        workspace: z.string(),
        model: z.string(),
        use: z.string(),
        tier: z.enum(TIERS),
        cadenceDays: z.int(),
        state: z.enum(REVIEW_STATES),
        last: z
          .strictObject({
            digest: Digest,
            at: UtcTime,
            by: z.string(),
            content: z.strictObject({
              outcome: z.enum(REVIEW_OUTCOMES),
              rationale: z.string(),
              triggers: z.array(z.string()).readonly(),
              evidence: z.array(Digest).readonly(),
            }),
          })
          .optional(),
        from: z.strictObject({ record: Digest, at: UtcTime, what: z.string() }).optional(),
        due: UtcTime.optional(),
        daysLeft: z.int().optional(),
        triggers: z
          .array(
            z.strictObject({
              kind: z.enum(REVIEW_TRIGGERS),
              record: Digest,
              at: UtcTime,
              text: z.string(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
  ...Paging,
});
export type ReviewsReply = z.infer<typeof ReviewsReply>;

export const WorkloadReply = z.strictObject({
  validators: z
    .array(
      z.strictObject({
        validator: z.string(),
        validations: z.array(z.string()).readonly(),
        reviews: z.array(z.string()).readonly(),
        findings: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
});
export type WorkloadReply = z.infer<typeof WorkloadReply>;

export const CampaignsReply = z.strictObject({
  campaigns: z
    .array(
      z.strictObject({
        campaign: z.string(),
        title: z.string(),
        due: z.string(),
        digest: Digest,
        openedAt: UtcTime,
        openedBy: z.string(),
        overdue: z.boolean(),
        confirmed: z.int(),
        disputed: z.int(),
        waiting: z.int(),
        answers: z
          .array(
            z.strictObject({
              model: z.string(),
              owner: z.string(),
              entry: Digest,
              state: z.enum(['confirmed', 'disputed', 'stale', 'waiting']),
              record: Digest.optional(),
              at: UtcTime.optional(),
              note: z.string().optional(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
});
export type CampaignsReply = z.infer<typeof CampaignsReply>;

export const OverlaysReply = z.strictObject({
  overlays: z
    .array(
      z.strictObject({
        id: z.string(),
        model: z.string(),
        use: z.string().optional(),
        digest: Digest,
        segment: z.string(),
        size: z.string(),
        reason: z.string(),
        authority: z.string(),
        expires: UtcTime,
        ended: z.string().optional(),
        by: z.string(),
        since: UtcTime,
        state: z.enum(['active', 'expired', 'ended']),
        daysRunning: z.int(),
        daysLeft: z.int(),
        recurrence: z.int(),
      }),
    )
    .readonly(),
  ...Paging,
  nextId: z.string().optional(),
});
export type OverlaysReply = z.infer<typeof OverlaysReply>;

export const OverridesReply = z.strictObject({
  counts: z
    .array(z.strictObject({ month: z.string(), reason: z.string(), overrides: z.int() }))
    .readonly(),
  actions: z.array(z.strictObject({ month: z.string(), actions: z.int() })).readonly(),
});
export type OverridesReply = z.infer<typeof OverridesReply>;

const common = { method: 'GET', tag: 'governance', access: 'changes:read' } as const;

export const findingsRoutes = {
  findings: route({
    ...common,
    path: '/v1/findings',
    summary: 'The findings register with its ageing',
    query: FindingsQuery,
    reply: FindingsReply,
  }),
  exceptions: route({
    ...common,
    path: '/v1/exceptions',
    summary: 'Signed exceptions with their age, newest first',
    query: ExceptionsQuery,
    reply: ExceptionsReply,
  }),
} as const;

export const reviewsRoutes = {
  reviews: route({
    ...common,
    path: '/v1/reviews',
    summary: 'When each use is reviewed next, the most pressing first',
    query: z.strictObject({
      model: Name.optional(),
      /** Due within so many days, triggered or overdue. */
      due: QueryCount.optional(),
      overdue: Yes.optional(),
      ...Offset,
    }),
    reply: ReviewsReply,
  }),
  workload: route({
    ...common,
    path: '/v1/reviews/workload',
    summary: 'Validations, reviews and findings that wait for each validator',
    reply: WorkloadReply,
  }),
  campaigns: route({
    ...common,
    path: '/v1/attestation-campaigns',
    summary: 'Campaigns in which owners confirm their inventory entries, newest first',
    query: z.strictObject({ campaign: z.string().max(64).optional() }),
    reply: CampaignsReply,
  }),
  overlays: route({
    ...common,
    path: '/v1/overlays',
    summary: 'Standing adjustments of what models say',
    query: z.strictObject({
      model: Name.optional(),
      state: z.enum(['active', 'expired', 'ended']).optional(),
      ...Offset,
    }),
    reply: OverlaysReply,
  }),
  overrides: route({
    ...common,
    path: '/v1/overrides',
    summary: 'How often people acted against an answer, by month and reason',
    query: z.strictObject({ model: Name.optional() }),
    reply: OverridesReply,
  }),
} as const;
