// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { findingsRoutes } from './findings.ts';
import { EnforcementSchema, LineageRecordSchema } from './registry.ts';
import { route } from './route.ts';
import { Digest, JsonValue, Name, QueryLimit, SubjectRefSchema, UtcTime } from './shared.ts';

const TransitionSchema = z.enum(['staging', 'production']);
const sentence = z.string().trim().min(1).max(4000);
const ChangeClassSchema = z.enum(['standard', 'emergency', 'rollback', 'configuration', 'data']);
const MaterialitySchema = z.enum(['material', 'minor', 'within-envelope']);

export const PrepareBody = z.strictObject({
  model: Name,
  version: z.int().min(1),
  use: Name,
  transition: TransitionSchema,
  reason: sentence,
  impact: sentence,
  rollback: sentence,
  /** `standard` unless given; what each class takes is the policy's to say. */
  class: ChangeClassSchema.optional(),
  /** Of an emergency change: why it cannot wait. */
  urgency: sentence.optional(),
  /** Digest of the approved envelope that the change stays inside. */
  envelope: Digest.optional(),
});
export type PrepareBody = z.infer<typeof PrepareBody>;

/** How much a version differs from the one in production, as the kernel computes it. */
export const ChangeVerdictSchema = z.strictObject({
  materiality: MaterialitySchema,
  class: ChangeClassSchema,
  against: z.strictObject({ version: z.int(), warrant: Digest }).optional(),
  reasons: z
    .array(
      z.strictObject({
        materiality: z.enum(['material', 'minor']),
        reason: z.string(),
        records: z.array(Digest).readonly(),
      }),
    )
    .readonly(),
  envelope: z
    .strictObject({
      envelope: Digest,
      title: z.string(),
      /** Every bound that failed; none means inside. */
      outside: z.array(z.string()).readonly(),
      used: z.int(),
      uses: z.int(),
      records: z.array(Digest).readonly(),
    })
    .optional(),
  /** Why it may not go on as what it says it is. */
  refusals: z.array(z.string()).readonly(),
});

const names = z.array(z.string()).readonly();

/** What changed since the version in production, side by side, from records. */
export const ChangesSchema = z.strictObject({
  verdict: ChangeVerdictSchema,
  aspects: z
    .array(
      z.strictObject({ aspect: z.string(), detail: names, records: z.array(Digest).readonly() }),
    )
    .readonly(),
  parameters: z
    .array(
      z.strictObject({
        name: z.string(),
        before: JsonValue.optional(),
        after: JsonValue.optional(),
      }),
    )
    .readonly(),
  data: z
    .array(
      z.strictObject({
        dataset: z.string(),
        split: z.string(),
        rowsBefore: z.int().optional(),
        rowsAfter: z.int().optional(),
        digestBefore: z.string().optional(),
        digestAfter: z.string().optional(),
        columnsAdded: names,
        columnsDropped: names,
        columnsRetyped: names,
      }),
    )
    .readonly(),
  metrics: z
    .array(
      z.strictObject({
        id: z.string(),
        before: z.string().optional(),
        after: z.string().optional(),
      }),
    )
    .readonly(),
  /** The platform's measurement on the same rows; absent where none was made. */
  comparison: z
    .strictObject({
      record: Digest,
      figures: z
        .array(
          z.strictObject({
            id: z.string(),
            value: z.string(),
            n: z.int().optional(),
            events: z.int().optional(),
          }),
        )
        .readonly(),
      /** `swapSet` in counts, `cutoffs`, and `code`: commits, files, lines. */
      detail: JsonValue,
    })
    .optional(),
});
export type ChangesReply = z.infer<typeof ChangesSchema>;

export const VerdictSchema = z.strictObject({
  changeRequest: Digest,
  allowed: z.boolean(),
  conditions: z
    .array(
      z.strictObject({
        id: z.string(),
        gate: z.string(),
        outcome: z.enum(['pass', 'excepted', 'inconclusive', 'fail']),
        reasons: z.array(z.string()).readonly(),
        records: z.array(Digest).readonly(),
      }),
    )
    .readonly(),
  approvals: z
    .array(
      z.strictObject({
        role: z.string(),
        gate: z.string(),
        meaning: z.string(),
        needed: z.int(),
        given: z
          .array(
            z.strictObject({
              account: z.string(),
              record: Digest,
              asDeputyOf: z.string().optional(),
            }),
          )
          .readonly(),
        refused: z.array(z.strictObject({ record: Digest, reason: z.string() })).readonly(),
        conflicts: z.array(z.string()).readonly(),
        committee: z.string().optional(),
        /** `key`: given by `countersign approve`; a passkey does not count. */
        signing: z.literal('key').optional(),
      }),
    )
    .readonly(),
  /** What is missing, in sentences, in the order in which it can be mended. */
  missing: z.array(z.string()).readonly(),
  /** Present where policy or the request ask how much is changed. */
  change: ChangeVerdictSchema.optional(),
  /** Papers about the version in production that policy lets stand for a change this small. */
  carried: z
    .array(z.strictObject({ evidence: z.string(), record: Digest, version: z.int() }))
    .readonly()
    .optional(),
});
export type VerdictReply = z.infer<typeof VerdictSchema>;

export const PrepareReply = z.strictObject({
  /** The statement's canonical bytes, base64: what the submitter signs, exactly. */
  payload: z.string(),
  statement: JsonValue,
  digest: Digest,
  verdict: VerdictSchema,
  /** Absent where the records do not let the change be judged; `verdict` says why. */
  changes: ChangesSchema.optional(),
});
export type PrepareReply = z.infer<typeof PrepareReply>;

export const ChangeRequestStateSchema = z.enum([
  'open',
  'ready',
  'rejected',
  'promoted',
  'replaced',
]);

export const ChangeRequestSummarySchema = z.strictObject({
  digest: Digest,
  subject: SubjectRefSchema,
  transition: TransitionSchema,
  submitter: z.string(),
  submittedAt: UtcTime,
  state: ChangeRequestStateSchema,
  warrant: Digest.optional(),
});
export const ChangeRequestsReply = z.strictObject({
  changeRequests: z.array(ChangeRequestSummarySchema).readonly(),
  /** How many match in all. */
  total: z.int(),
  /** `before` of the next page; absent on the last. */
  next: Digest.optional(),
});
export type ChangeRequestsReply = z.infer<typeof ChangeRequestsReply>;

export const ChangeRequestReply = ChangeRequestSummarySchema.extend({
  statement: JsonValue,
  verdict: VerdictSchema,
  submitVerdict: VerdictSchema,
  /** Digests that an approval given now must name. */
  evidence: z.array(Digest).readonly(),
  changes: ChangesSchema.optional(),
  origin: z.enum(['built', 'imported', 'external']),
  enforcement: EnforcementSchema,
  approvals: z.array(LineageRecordSchema.extend({ signature: JsonValue.optional() })).readonly(),
});
export type ChangeRequestReply = z.infer<typeof ChangeRequestReply>;

export const PromoteReply = z.strictObject({
  digest: Digest,
  warrant: JsonValue,
  /** False when an earlier call had minted it. */
  minted: z.boolean(),
});
export type PromoteReply = z.infer<typeof PromoteReply>;

export const InboxReply = z.strictObject({
  items: z
    .array(
      z.strictObject({
        kind: z.enum([
          'approve',
          'assess',
          'promote',
          'finding',
          'review',
          'attest',
          'overlay',
          'expiry',
          'notice',
          'mention',
        ]),
        digest: Digest,
        subject: z.string(),
        text: z.string(),
        role: z.string().optional(),
        /** What a page of its own is about. */
        about: z
          .strictObject({
            model: z.string(),
            use: z.string().optional(),
            finding: z.string().optional(),
            campaign: z.string().optional(),
          })
          .optional(),
        since: UtcTime,
      }),
    )
    .readonly(),
});
export type InboxReply = z.infer<typeof InboxReply>;

export const WarrantSchema = z.strictObject({
  digest: Digest,
  model: z.string(),
  use: z.string(),
  version: z.int(),
  environment: TransitionSchema,
  warrant: z.enum(['full', 'provisional', 'legacy']),
  artifactDigest: Digest,
  spec: Digest,
  changeRequest: Digest,
  approvals: z.array(Digest).readonly(),
  exceptions: z.array(Digest).readonly(),
  policy: Digest,
  rulesVersion: z.string(),
  demonstration: z.boolean(),
  notBefore: UtcTime,
  expires: UtcTime,
  fallback: z.string(),
  limits: JsonValue,
  index: z.int(),
  loggedAt: UtcTime,
  live: z.boolean(),
  denials: z.array(z.string()).readonly(),
  endedBy: z.array(Digest).readonly(),
  daysLeft: z.int(),
});
export const WarrantsReply = z.strictObject({ warrants: z.array(WarrantSchema).readonly() });
export type WarrantsReply = z.infer<typeof WarrantsReply>;

const ByDigest = z.strictObject({ digest: Digest });

export const governanceRoutes = {
  prepare: route({
    method: 'POST',
    path: '/v1/change-requests/prepare',
    summary: 'Writes the change request that the caller would sign, with what its gates say',
    tag: 'governance',
    access: 'changes:read',
    body: PrepareBody,
    reply: PrepareReply,
  }),
  list: route({
    method: 'GET',
    path: '/v1/change-requests',
    summary: 'Change requests, newest first',
    tag: 'governance',
    access: 'changes:read',
    query: z.strictObject({
      state: ChangeRequestStateSchema.optional(),
      model: Name.optional(),
      limit: QueryLimit,
      /** Digest of the last request of the page before. */
      before: Digest.optional(),
    }),
    reply: ChangeRequestsReply,
  }),
  get: route({
    method: 'GET',
    path: '/v1/change-requests/:digest',
    summary: 'A change request with its verdict and what an approval must cover',
    tag: 'governance',
    access: 'changes:read',
    params: ByDigest,
    reply: ChangeRequestReply,
  }),
  promote: route({
    method: 'POST',
    path: '/v1/change-requests/:digest/promote',
    summary: 'Mints the warrant, or refuses with what is missing (409)',
    tag: 'governance',
    access: 'changes:promote',
    params: ByDigest,
    reply: PromoteReply,
  }),
  inbox: route({
    method: 'GET',
    path: '/v1/inbox',
    summary: 'What waits for the caller',
    tag: 'governance',
    access: 'changes:read',
    reply: InboxReply,
  }),
  warrants: route({
    method: 'GET',
    path: '/v1/warrants',
    summary: 'Warrants, newest first, each verified as a gateway would',
    tag: 'governance',
    access: 'changes:read',
    query: z.strictObject({ model: Name.optional(), live: z.enum(['true', 'false']).optional() }),
    reply: WarrantsReply,
  }),
  findings: findingsRoutes.findings,
  exceptions: findingsRoutes.exceptions,
} as const;
