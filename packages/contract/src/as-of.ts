// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { LineageRecordSchema } from './registry.ts';
import { route } from './route.ts';
import { Digest, JsonValue, Name, QueryCount, UtcTime } from './shared.ts';

/** A day, which means its end in UTC, or a moment in UTC with milliseconds. */
export const QueryMoment = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d\.\d{3}Z)?$/,
    'must be a day like `2026-03-03`, or UTC with milliseconds',
  );

const Link = z.strictObject({
  digest: Digest,
  type: z.string(),
  kind: z.string().optional(),
  by: z.array(z.string()).readonly(),
  loggedAt: UtcTime,
  effectiveAt: UtcTime.optional(),
});

const Digests = z.array(Digest).readonly();

/** What a warrant rested on when it was signed. */
export const WarrantChainSchema = z.strictObject({
  changeRequest: Link.extend({
    class: z.string(),
    reason: z.string(),
    impact: z.string(),
    rollback: z.string(),
    transition: z.string(),
  }).optional(),
  approvals: z
    .array(
      Link.extend({
        role: z.string(),
        decision: z.string(),
        meaning: z.string(),
        printedName: z.string(),
      }),
    )
    .readonly(),
  validation: z.array(Link.extend({ outcome: z.string() })).readonly(),
  policy: Link.extend({ version: z.string() }).optional(),
  packs: Digests,
  exceptions: Digests,
  evidence: Digests,
  artifact: Link.optional(),
  spec: Link.optional(),
  run: Link.extend({ run: z.string() }).optional(),
  commit: Link.extend({ commit: z.string() }).optional(),
  environment: Link.extend({ lockDigest: z.string() }).optional(),
  datasets: z
    .array(Link.extend({ dataset: z.string(), split: z.string(), contentDigest: z.string() }))
    .readonly(),
});

export const AsOfWarrantSchema = z.strictObject({
  digest: Digest,
  model: z.string(),
  use: z.string(),
  version: z.int(),
  environment: z.enum(['staging', 'production']),
  warrant: z.enum(['full', 'provisional', 'legacy']),
  artifactDigest: Digest,
  demonstration: z.boolean(),
  notBefore: UtcTime,
  expires: UtcTime,
  loggedAt: UtcTime,
  limits: z.record(z.string(), JsonValue),
  /** False where a record logged after the date ended it with effect from before; gateways let it answer in either case. */
  inEffect: z.boolean(),
  corrections: z
    .array(
      Link.extend({
        effectiveAt: UtcTime,
        supersedes: Digest.optional(),
        reason: z.string().optional(),
      }),
    )
    .readonly(),
  chain: WarrantChainSchema,
});

export const AsOfReply = z.strictObject({
  /** The moment asked about. */
  date: UtcTime,
  /** The log as it stood then answers: its time, and its last position. */
  known: z.strictObject({ time: UtcTime, index: z.int() }),
  warrants: z.array(AsOfWarrantSchema).readonly(),
  stages: z
    .array(
      z.strictObject({
        model: z.string(),
        use: z.string(),
        version: z.int(),
        stage: z.enum(['development', 'staging', 'production', 'suspended', 'retired']),
      }),
    )
    .readonly(),
});
export type AsOfReply = z.infer<typeof AsOfReply>;

export const LineageGraphReply = z.strictObject({
  nodes: z
    .array(
      LineageRecordSchema.extend({
        model: z.string().optional(),
        use: z.string().optional(),
        version: z.int().optional(),
        /** Steps from the record asked about: negative for what it rests on. */
        depth: z.int(),
      }),
    )
    .readonly(),
  /** `from` names `to`. */
  edges: z
    .array(
      z.strictObject({
        from: Digest,
        to: Digest,
        how: z.enum(['source', 'supersedes', 'content']),
      }),
    )
    .readonly(),
  /** True when a limit left records out. */
  truncated: z.boolean(),
});
export type LineageGraphReply = z.infer<typeof LineageGraphReply>;

export const asOfRoutes = {
  get: route({
    method: 'GET',
    path: '/v1/as-of',
    summary:
      'What was in which stage at a date, allowed by whom and on what validation, as known at `known`',
    tag: 'registry',
    access: 'registry:read',
    query: z.strictObject({
      date: QueryMoment,
      /** What the log held then answers; now unless given. */
      known: QueryMoment.optional(),
      model: Name.optional(),
    }),
    reply: AsOfReply,
  }),
  graph: route({
    method: 'GET',
    path: '/v1/lineage/:digest/graph',
    summary: 'Records that a record rests on and that rest on it, as a graph',
    tag: 'registry',
    access: 'registry:read',
    params: z.strictObject({ digest: Digest }),
    query: z.strictObject({
      /** Steps in each direction; 2 unless given, 16 at most. */
      up: QueryCount.optional(),
      down: QueryCount.optional(),
      /** Records at most; 200 unless given, 2,000 at most. */
      limit: QueryCount.optional(),
    }),
    reply: LineageGraphReply,
  }),
} as const;
