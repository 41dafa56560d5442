// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { LineageRecordSchema } from './registry.ts';
import { route } from './route.ts';
import { Digest, JsonValue, Name, SubjectRefSchema, UtcTime } from './shared.ts';

const TransitionSchema = z.enum(['staging', 'production']);
const sentence = z.string().trim().min(1).max(4000);

export const PrepareBody = z.strictObject({
  model: Name,
  version: z.int().min(1),
  use: Name,
  transition: TransitionSchema,
  reason: sentence,
  impact: sentence,
  rollback: sentence,
});
export type PrepareBody = z.infer<typeof PrepareBody>;

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
        given: z.array(z.strictObject({ account: z.string(), record: Digest })).readonly(),
        refused: z.array(z.strictObject({ record: Digest, reason: z.string() })).readonly(),
        conflicts: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
  /** What is missing, in sentences, in the order in which it can be mended. */
  missing: z.array(z.string()).readonly(),
});
export type VerdictReply = z.infer<typeof VerdictSchema>;

export const PrepareReply = z.strictObject({
  /** The statement's canonical bytes, base64: what the submitter signs, exactly. */
  payload: z.string(),
  statement: JsonValue,
  digest: Digest,
  verdict: VerdictSchema,
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
});
export type ChangeRequestsReply = z.infer<typeof ChangeRequestsReply>;

export const ChangeRequestReply = ChangeRequestSummarySchema.extend({
  statement: JsonValue,
  verdict: VerdictSchema,
  submitVerdict: VerdictSchema,
  /** Digests that an approval given now must name. */
  evidence: z.array(Digest).readonly(),
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
        kind: z.enum(['approve', 'assess', 'promote', 'finding', 'expiry', 'notice']),
        digest: Digest,
        subject: z.string(),
        text: z.string(),
        role: z.string().optional(),
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

export const FindingsReply = z.strictObject({
  findings: z
    .array(
      z.strictObject({
        id: z.string(),
        model: z.string(),
        use: z.string().optional(),
        version: z.int().optional(),
        digest: Digest,
        content: JsonValue,
        raisedAt: UtcTime,
        history: z
          .array(
            z.strictObject({
              digest: Digest,
              status: z.string(),
              actor: z.string(),
              at: UtcTime,
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
  /** Id that the next finding of the model takes; present when a model was asked for. */
  nextId: z.string().optional(),
});
export type FindingsReply = z.infer<typeof FindingsReply>;

export const ExceptionsReply = z.strictObject({ exceptions: z.array(JsonValue).readonly() });
export type ExceptionsReply = z.infer<typeof ExceptionsReply>;

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
    query: z.strictObject({ state: ChangeRequestStateSchema.optional(), model: Name.optional() }),
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
  findings: route({
    method: 'GET',
    path: '/v1/findings',
    summary: 'The findings register',
    tag: 'governance',
    access: 'changes:read',
    query: z.strictObject({
      model: Name.optional(),
      status: z.enum(['open', 'responded', 'closed']).optional(),
    }),
    reply: FindingsReply,
  }),
  exceptions: route({
    method: 'GET',
    path: '/v1/exceptions',
    summary: 'Signed exceptions, newest first',
    tag: 'governance',
    access: 'changes:read',
    query: z.strictObject({ model: Name.optional() }),
    reply: ExceptionsReply,
  }),
} as const;
