// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import { Digest, JsonValue, Name, QueryLimit, QueryVersion, UtcTime } from './shared.ts';

const DecisionSummary = z.strictObject({
  id: z.string(),
  kind: z.string(),
  model: z.string(),
  use: z.string().nullable(),
  version: z.int().nullable(),
  stage: z.string().nullable(),
  warrant: Digest.nullable(),
  at: UtcTime,
});

export const DecisionsReply = z.strictObject({ decisions: z.array(DecisionSummary).readonly() });
export type DecisionsReply = z.infer<typeof DecisionsReply>;

export const DecisionReply = DecisionSummary.extend({
  header: JsonValue,
  /** By name, as the model was given them. A part that was destroyed is absent. */
  inputs: JsonValue.optional(),
  output: JsonValue.optional(),
  reasons: JsonValue.optional(),
  protected: JsonValue.optional(),
  /** Base64. */
  leaf: z.string(),
  /** Of the parts that exist, hex, by part. */
  salts: z.record(z.string(), z.string()),
  receipt: JsonValue,
  /** Digest of the record of the batch header. */
  batch: Digest,
  actions: z.array(JsonValue).readonly(),
  outcomes: z.array(JsonValue).readonly(),
});
export type DecisionReply = z.infer<typeof DecisionReply>;

export const IngestReply = z.strictObject({
  record: Digest,
  rows: z.int(),
  /** False when the very same rows were there already. */
  added: z.boolean(),
});
export type IngestReply = z.infer<typeof IngestReply>;

const ROWS_MEDIA = 'text/csv, application/x-ndjson';
const ROWS_BYTES_MAX = 16 * 1024 * 1024;

export const decisionsRoutes = {
  list: route({
    method: 'GET',
    path: '/v1/decisions',
    summary: 'Decisions, newest first',
    tag: 'decisions',
    access: 'decisions:read',
    query: z.strictObject({
      model: Name.optional(),
      version: QueryVersion.optional(),
      limit: QueryLimit,
      /** Id of the last decision of the page before. */
      before: z.string().max(100).optional(),
    }),
    reply: DecisionsReply,
  }),
  get: route({
    method: 'GET',
    path: '/v1/decisions/:id',
    summary: 'A decision with its parts, receipt, actions and outcomes',
    tag: 'decisions',
    access: 'decisions:read',
    params: z.strictObject({ id: z.string().min(1).max(100) }),
    reply: DecisionReply,
  }),
  actions: route({
    method: 'POST',
    path: '/v1/actions',
    summary:
      'What the firm did with answers: columns decision, action, at?, actor?, override?, reason?',
    tag: 'decisions',
    access: 'decisions:write',
    consumes: ROWS_MEDIA,
    bodyBytesMax: ROWS_BYTES_MAX,
    reply: IngestReply,
  }),
  outcomes: route({
    method: 'POST',
    path: '/v1/outcomes',
    summary: 'What turned out to be true: columns decision, value, kind?, state?, observed?',
    tag: 'decisions',
    access: 'decisions:write',
    consumes: ROWS_MEDIA,
    bodyBytesMax: ROWS_BYTES_MAX,
    reply: IngestReply,
  }),
} as const;
