// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, JsonValue, Name, QueryCount, QueryVersion, UtcTime } from './shared.ts';

export const StageSchema = z.enum([
  'proposed',
  'development',
  'staging',
  'production',
  'suspended',
  'retired',
]);

export const EnforcementSchema = z.enum(['enforced', 'checked', 'attested']);

const LinkType = z.enum(['feeds', 'shares-data', 'shares-assumption']);

/** What an inventory entry may say beside name and owner; see `InventoryEntryContent` of the kernel. */
const inventoryFacts = {
  kind: z.string().optional(),
  vendor: z.string().optional(),
  location: z
    .array(
      z.strictObject({
        what: z.enum(['document', 'file', 'endpoint']),
        name: z.string(),
        digest: Digest.optional(),
      }),
    )
    .readonly()
    .optional(),
  exposure: z
    .strictObject({ amount: z.string(), currency: z.string(), asOf: z.string().optional() })
    .optional(),
  /** A day: in use before the firm came here, by its owner's word. */
  inUseSince: z.string().optional(),
  links: z
    .array(z.strictObject({ type: LinkType, model: z.string(), note: z.string().optional() }))
    .readonly()
    .optional(),
  assumptions: z.array(z.string()).readonly().optional(),
  sources: z.array(z.string()).readonly().optional(),
};

export const InventoryModelSchema = z.strictObject({
  model: z.string(),
  name: z.string(),
  purpose: z.string(),
  owner: z.string(),
  developer: z.string(),
  origin: z.string(),
  businessLine: z.string(),
  jurisdictions: z.array(z.string()).readonly(),
  /** Weakest of the versions in a stage, or of all while none is; `attested` while there is none. */
  enforcement: EnforcementSchema,
  ...inventoryFacts,
  /** Digest of the inventory entry. */
  entry: Digest.optional(),
  versions: z.int(),
  openFindings: z.int(),
  uses: z
    .array(
      z.strictObject({
        use: z.string(),
        tier: z.enum(['high', 'medium', 'low']).optional(),
        fairLending: z.boolean().optional(),
        stage: StageSchema,
        owner: z.string().optional(),
        population: z.string().optional(),
        limits: z.string().optional(),
        versions: z
          .array(
            z.strictObject({
              version: z.int(),
              stage: StageSchema,
              enforcement: EnforcementSchema,
              legacy: z
                .strictObject({
                  warrant: Digest,
                  inUseSince: z.string(),
                  expires: UtcTime,
                  state: z.enum(['running', 'overdue', 'ended']),
                })
                .optional(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
});
export type InventoryModelReply = z.infer<typeof InventoryModelSchema>;

export const InventoryReply = z.strictObject({ models: z.array(InventoryModelSchema).readonly() });
export type InventoryReply = z.infer<typeof InventoryReply>;

const TierSchema = z.enum(['high', 'medium', 'low']);

export const InventoryGraphReply = z.strictObject({
  nodes: z
    .array(
      z.strictObject({
        model: z.string(),
        name: z.string(),
        owner: z.string(),
        origin: z.string(),
        kind: z.string().optional(),
        /** The highest of its uses. */
        tier: TierSchema.optional(),
        stages: z.array(StageSchema).readonly(),
        enforcement: EnforcementSchema,
        /** False for a model that a link names and no entry describes. */
        isKnown: z.boolean(),
      }),
    )
    .readonly(),
  edges: z
    .array(
      z.strictObject({
        from: z.string(),
        to: z.string(),
        type: LinkType,
        notes: z.array(z.string()).readonly(),
      }),
    )
    .readonly(),
});
export type InventoryGraphReply = z.infer<typeof InventoryGraphReply>;

export const SharedRiskReply = z.strictObject({
  shared: z
    .array(
      z.strictObject({
        of: z.enum(['assumption', 'source']),
        tag: z.string(),
        models: z.array(z.string()).readonly(),
        tiers: z.strictObject({
          high: z.int(),
          medium: z.int(),
          low: z.int(),
          untiered: z.int(),
        }),
        inUse: z.int(),
        owners: z.array(z.strictObject({ owner: z.string(), models: z.int() })).readonly(),
      }),
    )
    .readonly(),
});
export type SharedRiskReply = z.infer<typeof SharedRiskReply>;

/** A record named by digest, with what a list shows of it. */
export const LineageRecordSchema = z.strictObject({
  digest: Digest,
  type: z.string(),
  kind: z.string().optional(),
  scope: z.string(),
  actor: z.string(),
  signers: z.array(z.string()).readonly(),
  index: z.int(),
  loggedAt: UtcTime,
  claimedAt: UtcTime,
  supersedes: Digest.optional(),
});

const LineageItem = LineageRecordSchema.extend({ content: JsonValue });

export const VersionSummarySchema = z.strictObject({
  version: z.int(),
  artifactDigest: Digest,
  artifact: Digest,
  registeredOn: UtcTime,
  stages: z.array(z.strictObject({ use: z.string(), stage: StageSchema })).readonly(),
  origin: z.enum(['built', 'imported', 'external']),
  enforcement: EnforcementSchema,
});
export const VersionsReply = z.strictObject({
  model: z.string(),
  versions: z.array(VersionSummarySchema).readonly(),
});
export type VersionsReply = z.infer<typeof VersionsReply>;

export const VersionReply = z.strictObject({
  model: z.string(),
  use: z.string(),
  version: z.int(),
  artifactDigest: Digest,
  registeredAt: z.int(),
  registeredOn: UtcTime,
  stages: z.array(z.strictObject({ use: z.string(), stage: StageSchema })).readonly(),
  origin: z.enum(['built', 'imported', 'external']),
  enforcement: EnforcementSchema,
  /** What the grade does not cover, where a version of grade enforced runs as a program. */
  enforcementCaveat: z.string().optional(),
  artifact: LineageItem,
  spec: LineageItem.optional(),
  run: LineageItem.optional(),
  request: LineageItem.optional(),
  commit: LineageItem.optional(),
  environment: LineageItem.optional(),
  snapshots: z.array(LineageItem).readonly(),
  evidence: z.array(LineageRecordSchema.extend({ inForce: z.boolean() })).readonly(),
  changeRequests: z.array(LineageRecordSchema).readonly(),
  approvals: z.array(LineageRecordSchema).readonly(),
  warrants: z.array(LineageRecordSchema).readonly(),
  endings: z.array(LineageRecordSchema).readonly(),
  findings: z.array(LineageItem).readonly(),
  /** Records that rest on the version, however indirectly. */
  restsOnIt: z.int(),
  /** Decisions it gave, by kind; none are counted for an earlier log position. */
  decisions: z.record(z.string(), z.int()),
});
export type VersionReply = z.infer<typeof VersionReply>;

export const EvidenceStatusSchema = z.enum([
  'met',
  'carried',
  'stale',
  'expired',
  'missing',
  'waived',
  'not yet due',
  'not applicable',
]);
const DueSchema = z.enum(['intake', 'candidate', 'staging', 'production', 'production+30d']);

export const EvidenceReply = z.strictObject({
  frameworks: z
    .array(
      z.strictObject({
        framework: z.string(),
        packVersion: z.string(),
        pack: Digest,
        inScope: z.boolean(),
        tier: z.enum(['high', 'medium', 'low']),
        reached: DueSchema,
        blocking: z.int(),
        /** Version of the pack's text that this one replaced, and what it asks beyond it; absent of a first text. */
        replaced: z.string().optional(),
        newlyAsked: z
          .array(z.strictObject({ clause: z.string(), evidence: z.string() }))
          .readonly()
          .optional(),
        clauses: z
          .array(
            z.strictObject({
              clause: z.string(),
              ref: z.string(),
              requirement: z.string(),
              /** Calendar date, where the clause does not bind yet. */
              bindsFrom: z.string().optional(),
              status: EvidenceStatusSchema,
              blocks: z.boolean(),
              evidence: z
                .array(
                  z.strictObject({
                    id: z.string(),
                    kind: z.string().optional(),
                    due: DueSchema,
                    status: EvidenceStatusSchema,
                    records: z.array(Digest).readonly(),
                    since: UtcTime.optional(),
                    carriedFrom: z.int().optional(),
                    until: z.string().optional(),
                    waivedBy: z
                      .strictObject({
                        record: Digest,
                        accounts: z.array(z.string()).readonly(),
                        since: UtcTime,
                        until: z.string().optional(),
                      })
                      .optional(),
                    shortfalls: z.array(z.string()).readonly().optional(),
                  }),
                )
                .readonly(),
            }),
          )
          .readonly(),
      }),
    )
    .readonly(),
});
export type EvidenceReply = z.infer<typeof EvidenceReply>;

export const LineageReply = z.strictObject({
  record: LineageRecordSchema,
  upstream: z.array(LineageRecordSchema).readonly(),
  downstream: z.array(LineageRecordSchema).readonly(),
});
export type LineageReply = z.infer<typeof LineageReply>;

const ModelParams = z.strictObject({ model: Name });
const VersionParams = z.strictObject({ model: Name, version: QueryVersion });
/** A log position: what was known then. */
const AsOfQuery = z.strictObject({ asOf: QueryCount.optional() });

export const registryRoutes = {
  inventory: route({
    method: 'GET',
    path: '/v1/inventory',
    summary: 'Every model with its uses, tiers and stages',
    tag: 'registry',
    access: 'registry:read',
    query: AsOfQuery,
    reply: InventoryReply,
  }),
  inventoryGraph: route({
    method: 'GET',
    path: '/v1/inventory/graph',
    summary: 'How models feed each other and what they share, as nodes and edges',
    tag: 'registry',
    access: 'registry:read',
    query: AsOfQuery,
    reply: InventoryGraphReply,
  }),
  inventoryShared: route({
    method: 'GET',
    path: '/v1/inventory/shared',
    summary: 'Risk in aggregate: assumptions and sources that several models rest on',
    tag: 'registry',
    access: 'registry:read',
    query: AsOfQuery,
    reply: SharedRiskReply,
  }),
  model: route({
    method: 'GET',
    path: '/v1/models/:model',
    summary: 'One model of the inventory',
    tag: 'registry',
    access: 'registry:read',
    params: ModelParams,
    query: AsOfQuery,
    reply: InventoryModelSchema,
  }),
  versions: route({
    method: 'GET',
    path: '/v1/models/:model/versions',
    summary: 'Registered versions of a model',
    tag: 'registry',
    access: 'registry:read',
    params: ModelParams,
    query: AsOfQuery,
    reply: VersionsReply,
  }),
  version: route({
    method: 'GET',
    path: '/v1/models/:model/versions/:version',
    summary: 'A version with its lineage, evidence, approvals and warrants',
    tag: 'registry',
    access: 'registry:read',
    params: VersionParams,
    query: z.strictObject({ use: Name.optional(), asOf: QueryCount.optional() }),
    reply: VersionReply,
  }),
  evidence: route({
    method: 'GET',
    path: '/v1/models/:model/versions/:version/evidence',
    summary: 'Completeness of the evidence, clause by clause',
    tag: 'registry',
    access: 'registry:read',
    params: VersionParams,
    query: z.strictObject({
      use: Name.optional(),
      framework: Name.optional(),
      /** Judge what is due by then; what the version has reached without it. */
      stage: DueSchema.optional(),
      asOf: QueryCount.optional(),
    }),
    reply: EvidenceReply,
  }),
  lineage: route({
    method: 'GET',
    path: '/v1/lineage/:digest',
    summary: 'What a record rests on, and what rests on it',
    tag: 'registry',
    access: 'registry:read',
    params: z.strictObject({ digest: Digest }),
    reply: LineageReply,
  }),
} as const;
