// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, JsonValue, UtcTime } from './shared.ts';

export const PacksReply = z.strictObject({
  packs: z
    .array(
      z.strictObject({
        id: z.string(),
        version: z.string(),
        title: z.string(),
        authority: z.string(),
        digest: Digest,
        loggedAt: UtcTime,
        signedBy: z.array(z.string()).readonly(),
        /** Calendar dates; null: still in force. */
        effectiveFrom: z.string(),
        effectiveTo: z.string().nullable(),
        inForce: z.boolean(),
        clauses: z.int(),
        documents: z.array(z.string()).readonly(),
        /** Versions of it that were adopted before, oldest first. */
        earlier: z.array(z.string()).readonly(),
        scope: z.array(z.strictObject({ model: z.string(), use: z.string() })).readonly(),
      }),
    )
    .readonly(),
  /** In scope of uses by model risk's word, and not adopted: nothing of them is asked. */
  notAdopted: z
    .array(
      z.strictObject({
        id: z.string(),
        scope: z.array(z.strictObject({ model: z.string(), use: z.string() })).readonly(),
      }),
    )
    .readonly(),
});
export type PacksReply = z.infer<typeof PacksReply>;

const PackItemsSchema = z
  .array(
    z.strictObject({
      clause: z.string(),
      evidence: z.string(),
      kind: z.string().optional(),
      due: z.string(),
      status: z.string(),
      /** Whether its gap blocks at the model's tier. */
      blocks: z.boolean(),
    }),
  )
  .readonly();

export const PackEffectReply = z.strictObject({
  pack: z.strictObject({ id: z.string(), version: z.string() }),
  /** The text it was compared with; absent where the firm has none. */
  before: z.strictObject({ version: z.string() }).optional(),
  changes: z
    .array(
      z.strictObject({
        /** Id of the clause or document. */
        of: z.string(),
        change: z.enum(['added', 'removed', 'changed']),
        lines: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
  /** Versions that were judged, those that newly lack something, and those where that blocks. */
  versions: z.int(),
  lacking: z.int(),
  blocked: z.int(),
  items: z
    .array(
      z.strictObject({
        model: z.string(),
        use: z.string(),
        version: z.int(),
        stage: z.string(),
        tier: z.enum(['high', 'medium', 'low']),
        reached: z.string(),
        newlyLacks: PackItemsSchema,
        noLongerLacks: PackItemsSchema,
        /** Newly asked for a stage that the version has not reached. */
        askedLater: PackItemsSchema,
      }),
    )
    .readonly(),
});
export type PackEffectReply = z.infer<typeof PackEffectReply>;

export const packRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/packs',
    summary: 'Framework packs that the firm adopted, with the uses that each is in scope of',
    tag: 'policy',
    access: 'changes:read',
    reply: PacksReply,
  }),
  adoptedEffect: route({
    method: 'GET',
    path: '/v1/packs/:pack/effect',
    summary: 'What the newest adopted text of a pack asks that the one before did not, per version',
    tag: 'policy',
    access: 'changes:read',
    params: z.strictObject({ pack: z.string().min(1).max(100) }),
    reply: PackEffectReply,
  }),
  effect: route({
    method: 'POST',
    path: '/v1/packs/effect',
    summary: 'What adopting a text of a pack would newly ask of every version in its scope',
    tag: 'policy',
    access: 'changes:read',
    body: z.strictObject({
      pack: JsonValue,
      /** Models that are judged as if the pack were in scope of them. */
      models: z.array(z.string().min(1).max(200)).max(200).readonly().optional(),
    }),
    reply: PackEffectReply,
  }),
} as const;
