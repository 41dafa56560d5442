// SPDX-License-Identifier: Apache-2.0
import { DESTROYABLE_KINDS, NEVER_KINDS, PLAN_THINGS_MAX } from '@countersign/kernel';
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, Name, QueryCount, QueryVersion, UtcTime } from './shared.ts';

export const ThingKindSchema = z.enum([...DESTROYABLE_KINDS, ...NEVER_KINDS]);
export const FATE_STATES = ['goes', 'kept', 'held', 'in-use', 'uncovered', 'never'] as const;

/** A time, `open` while the moment it is counted from has not come, or `for-ever`. */
const Until = z.union([UtcTime, z.enum(['open', 'for-ever'])]);

const RuleReasonSchema = z.strictObject({
  rule: z.string(),
  until: Until,
  because: z.string(),
  basis: z.string(),
  clauses: z.array(z.string()).readonly(),
  policy: Digest.optional(),
  ceiling: z.boolean().optional(),
});

const HeldBySchema = z.strictObject({ id: z.string(), digest: Digest, matter: z.string() });

export const FateSchema = z.strictObject({
  state: z.enum(FATE_STATES),
  until: Until,
  by: RuleReasonSchema.optional(),
  others: z.array(RuleReasonSchema).readonly(),
  holds: z.array(HeldBySchema).readonly(),
  why: z.string(),
});

const ThingSchema = z.strictObject({
  kind: ThingKindSchema,
  id: z.string(),
  count: z.int(),
  bytes: z.int(),
});

const TotalSchema = z.strictObject({
  kind: ThingKindSchema,
  state: z.enum(FATE_STATES),
  /** The rule that decides; `none` where no rule speaks of it. */
  rule: z.string(),
  things: z.int(),
  count: z.int(),
  bytes: z.int(),
  /** Of those that a time is known for: the earliest and the latest. */
  from: UtcTime.optional(),
  until: UtcTime.optional(),
  /** Why, of one of them. */
  why: z.string(),
});

const PlanSchema = z.strictObject({
  at: UtcTime,
  /** Digest of the retention policy in force; absent before the first. */
  policy: Digest.optional(),
  /** Policies that still decide because a later one shortened what they kept. */
  notices: z.array(z.strictObject({ policy: Digest.optional(), until: UtcTime })).readonly(),
  holds: z.int(),
  goes: z.strictObject({ things: z.int(), count: z.int(), bytes: z.int() }),
  totals: z.array(TotalSchema).readonly(),
  rows: z
    .array(
      ThingSchema.extend({
        state: z.enum(FATE_STATES),
        until: Until,
        rule: z.string(),
        holds: z.string(),
        why: z.string(),
      }),
    )
    .readonly(),
  /** Things that were judged and are not among the rows. */
  rowsLeft: z.int(),
});
export const RetentionPlanReply = PlanSchema;
export type RetentionPlanReply = z.infer<typeof RetentionPlanReply>;

export const SavedPlanReply = PlanSchema.extend({
  /** What a sweep names. */
  digest: Digest,
  things: z.int(),
  /** Due too, and left for the next plan. */
  left: z.int(),
});
export type SavedPlanReply = z.infer<typeof SavedPlanReply>;

const DeletionSchema = z.strictObject({
  deletion: Digest,
  rule: z.string(),
  kind: z.string(),
  at: UtcTime,
});

export const ExplainReply = z.strictObject({
  id: z.string(),
  at: UtcTime,
  things: z
    .array(
      ThingSchema.extend({
        fate: FateSchema,
        /** What names it: records, models, versions. */
        references: z
          .array(
            z.strictObject({
              kind: ThingKindSchema,
              record: Digest.optional(),
              model: z.string().optional(),
              use: z.string().optional(),
              version: z.int().optional(),
              dataset: z.string().optional(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
  deleted: z.array(DeletionSchema).readonly(),
});
export type ExplainReply = z.infer<typeof ExplainReply>;

export const LegalHoldSchema = z.strictObject({
  id: z.string(),
  digest: Digest,
  matter: z.string(),
  reason: z.string(),
  model: z.string().optional(),
  use: z.string().optional(),
  version: z.int().optional(),
  dataset: z.string().optional(),
  decision: z.string().optional(),
  subject: Digest.optional(),
  placedBy: z.string(),
  placedAt: UtcTime,
  lifted: z
    .strictObject({ digest: Digest, at: UtcTime, by: z.string(), reason: z.string() })
    .optional(),
});
export const LegalHoldsReply = z.strictObject({
  holds: z.array(LegalHoldSchema).readonly(),
  nextId: z.string(),
});
export type LegalHoldsReply = z.infer<typeof LegalHoldsReply>;

const KindCountSchema = z.strictObject({
  kind: z.string(),
  rule: z.string(),
  count: z.int(),
  bytes: z.int(),
});

export const SweepReply = z.strictObject({
  sweep: Digest,
  plan: Digest,
  /** False while things of the plan are left: ask again. */
  done: z.boolean(),
  deleted: z.array(KindCountSchema).readonly(),
  skipped: z.array(z.strictObject({ reason: z.string(), count: z.int() })).readonly(),
  left: z.int(),
  /** Digest of the signed record of what was deleted, once it is done. */
  disposal: Digest.optional(),
});
export type SweepReply = z.infer<typeof SweepReply>;

const common = { tag: 'retention', access: 'retention:read' } as const;

export const retentionRoutes = {
  plan: route({
    ...common,
    method: 'GET',
    path: '/v1/retention/plan',
    summary: 'Dry run: what would go and what stays, until when and why; deletes nothing',
    query: z.strictObject({
      at: UtcTime.optional(),
      model: Name.optional(),
      kind: ThingKindSchema.optional(),
      /** How many things to list one by one. */
      rows: QueryCount.optional(),
    }),
    reply: RetentionPlanReply,
  }),
  save: route({
    ...common,
    method: 'POST',
    path: '/v1/retention/plans',
    summary: `Keep the dry run under its digest, so that a sweep can name it; ${PLAN_THINGS_MAX} things at most`,
    body: z.strictObject({
      at: UtcTime.optional(),
      model: Name.optional(),
      kind: ThingKindSchema.optional(),
    }),
    reply: SavedPlanReply,
  }),
  explain: route({
    ...common,
    method: 'GET',
    path: '/v1/retention/things/:id',
    summary:
      'Why a blob or the parts of a decision are kept or may go, or by what they were deleted',
    params: z.strictObject({ id: z.string().min(1).max(128) }),
    query: z.strictObject({ at: UtcTime.optional() }),
    reply: ExplainReply,
  }),
  holds: route({
    ...common,
    method: 'GET',
    path: '/v1/legal-holds',
    summary: 'Legal holds, lifted ones too',
    query: z.strictObject({ model: Name.optional(), version: QueryVersion.optional() }),
    reply: LegalHoldsReply,
  }),
  subject: route({
    method: 'POST',
    path: '/v1/legal-holds/subject',
    summary: 'Under which HMAC the decisions about a data subject are filed; the key is not kept',
    tag: 'retention',
    access: 'decisions:read',
    body: z.strictObject({ key: z.string().min(1).max(1024) }),
    reply: z.strictObject({ subject: Digest, decisions: z.int() }),
  }),
  sweep: route({
    method: 'POST',
    path: '/v1/retention/sweeps/:digest',
    summary: 'Carry out a bounded piece of a sweep that two persons signed; ask until it is done',
    tag: 'retention',
    access: 'retention:sweep',
    params: z.strictObject({ digest: Digest }),
    body: z.strictObject({}),
    reply: SweepReply,
  }),
} as const;
