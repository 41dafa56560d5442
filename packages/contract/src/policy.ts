// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, JsonValue, SubjectRefSchema, UtcTime } from './shared.ts';

export const PolicyKindSchema = z.enum([
  'promotion-policy',
  'questionnaire',
  'committee',
  'deputies',
  'retention',
]);

const PolicyVersionSchema = z.strictObject({
  digest: Digest,
  kind: PolicyKindSchema,
  title: z.string(),
  version: z.string(),
  /** Accounts. */
  signedBy: z.array(z.string()).readonly(),
  loggedAt: UtcTime,
  index: z.int(),
  inForce: z.boolean(),
  document: JsonValue,
});
export const PolicyReply = PolicyVersionSchema;
export type PolicyReply = z.infer<typeof PolicyReply>;

export const PolicyHistoryReply = z.strictObject({
  versions: z
    .array(
      PolicyVersionSchema.extend({
        /** Against the one before it, a rule a line. */
        changes: z.array(z.strictObject({ op: z.enum(['+', '-']), line: z.string() })).readonly(),
      }),
    )
    .readonly(),
});
export type PolicyHistoryReply = z.infer<typeof PolicyHistoryReply>;

const sentences = z.array(z.string()).readonly();

export const PolicyEffectReply = z.strictObject({
  /** Open change requests and live warrants that were judged. */
  requests: z.int(),
  warrants: z.int(),
  affected: z.int(),
  stopped: z.int(),
  items: z
    .array(
      z.strictObject({
        kind: z.enum(['request', 'warrant']),
        digest: Digest,
        changeRequest: Digest,
        subject: SubjectRefSchema,
        transition: z.enum(['staging', 'production']),
        newlyAsked: sentences,
        noLongerAsked: sentences,
        newlyMissing: sentences,
        noLongerMissing: sentences,
        /** The end that the new policy would set to a warrant, where it is earlier than its own. */
        endsEarlier: UtcTime.optional(),
      }),
    )
    .readonly(),
});
export type PolicyEffectReply = z.infer<typeof PolicyEffectReply>;

const OfKind = z.strictObject({ kind: PolicyKindSchema.default('promotion-policy') });

export const policyRoutes = {
  inForce: route({
    method: 'GET',
    path: '/v1/policy',
    summary: 'The policy in force, with who signed it and when',
    tag: 'policy',
    access: 'changes:read',
    query: OfKind,
    reply: PolicyReply,
  }),
  history: route({
    method: 'GET',
    path: '/v1/policy/history',
    summary: 'Every policy that was in force, newest first, with what each changed',
    tag: 'policy',
    access: 'changes:read',
    query: OfKind,
    reply: PolicyHistoryReply,
  }),
  pendingEffect: route({
    method: 'GET',
    path: '/v1/policy/effect',
    summary: 'What a promotion policy that awaits signatures, or was signed, would do',
    tag: 'policy',
    access: 'changes:read',
    query: z.strictObject({ digest: Digest }),
    reply: PolicyEffectReply,
  }),
  effect: route({
    method: 'POST',
    path: '/v1/policy/effect',
    summary: 'What a promotion policy would do to every open change request and live warrant',
    tag: 'policy',
    access: 'changes:read',
    body: z.strictObject({ policy: JsonValue }),
    reply: PolicyEffectReply,
  }),
} as const;
