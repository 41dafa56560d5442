// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { route } from './route.ts';
import {
  Digest,
  EnvelopeSchema,
  JsonValue,
  Name,
  QueryLimit,
  QueryVersion,
  SignatureSchema,
  UtcTime,
} from './shared.ts';

export const RecordOutcome = z.strictObject({
  digest: Digest,
  state: z.enum(['recorded', 'awaiting-signatures']),
  /** Which signatures are still needed. */
  needs: z.string().optional(),
});
export type RecordOutcome = z.infer<typeof RecordOutcome>;

export const RecordsBody = z.strictObject({ envelopes: z.array(EnvelopeSchema).min(1).max(100) });
export const RecordsReply = z.strictObject({ records: z.array(RecordOutcome) });
export type RecordsReply = z.infer<typeof RecordsReply>;

export const SignatureBody = z.strictObject({ signature: SignatureSchema });

export const SignerSchema = z.strictObject({
  keyid: Digest,
  holder: z.string(),
  roles: z.array(z.string()),
});

/** `recorded`: in the database; `sequenced`: has a log index; `checkpointed`: a published checkpoint covers it. */
export const RECORD_STATES = [
  'awaiting-signatures',
  'recorded',
  'sequenced',
  'checkpointed',
] as const;

export const RecordReply = z.strictObject({
  digest: Digest,
  envelope: EnvelopeSchema,
  statement: JsonValue,
  state: z.enum(RECORD_STATES),
  index: z.int().optional(),
  loggedAt: UtcTime.optional(),
  signers: z.array(SignerSchema),
  /** Why it counts for nothing although it is in the log. */
  rejected: z.string().optional(),
  /** Which signatures are still needed. */
  needs: z.string().optional(),
});
export type RecordReply = z.infer<typeof RecordReply>;

export const RecordSummary = z.strictObject({
  digest: Digest,
  type: z.string(),
  kind: z.string().optional(),
  model: z.string().optional(),
  use: z.string().optional(),
  version: z.int().optional(),
  actor: z.string(),
  claimedAt: UtcTime,
  recordedAt: UtcTime,
  index: z.int().optional(),
});
export type RecordSummary = z.infer<typeof RecordSummary>;

export const RecordsQuery = z.strictObject({
  type: z.string().optional(),
  kind: z.string().optional(),
  model: Name.optional(),
  version: QueryVersion.optional(),
  use: Name.optional(),
  limit: QueryLimit,
  /** Digest of the last record of the page before. */
  before: Digest.optional(),
});
export const RecordListReply = z.strictObject({ records: z.array(RecordSummary) });
export type RecordListReply = z.infer<typeof RecordListReply>;

export const PendingReply = z.strictObject({
  records: z.array(
    z.strictObject({
      digest: Digest,
      envelope: EnvelopeSchema,
      statement: JsonValue,
      needs: z.string(),
      signers: z.array(SignerSchema),
      since: UtcTime,
    }),
  ),
});
export type PendingReply = z.infer<typeof PendingReply>;

export const ProvenRecordSchema = z.strictObject({
  envelope: EnvelopeSchema,
  index: z.int().nonnegative(),
  leaf: z.string(),
  proof: z.array(z.string()),
});
export const ProofReply = z.strictObject({ checkpoint: z.string(), record: ProvenRecordSchema });
export type ProofReply = z.infer<typeof ProofReply>;

const ByDigest = z.strictObject({ digest: Digest });

export const recordRoutes = {
  post: route({
    method: 'POST',
    path: '/v1/records',
    summary: 'Record what persons signed; idempotent by digest',
    tag: 'records',
    access: 'records:write',
    body: RecordsBody,
    bodyBytesMax: 8 * 1024 * 1024,
    reply: RecordsReply,
  }),
  sign: route({
    method: 'POST',
    path: '/v1/records/:digest/signatures',
    summary: 'Add a signature to a record that awaits it',
    tag: 'records',
    access: 'records:write',
    params: ByDigest,
    body: SignatureBody,
    reply: RecordOutcome,
  }),
  get: route({
    method: 'GET',
    path: '/v1/records/:digest',
    summary: 'A record with its state and signers',
    tag: 'records',
    access: 'records:read',
    params: ByDigest,
    reply: RecordReply,
  }),
  proof: route({
    method: 'GET',
    path: '/v1/records/:digest/proof',
    summary: 'The proof that a record is in the log, against the latest checkpoint',
    tag: 'records',
    access: 'records:read',
    params: ByDigest,
    reply: ProofReply,
  }),
  list: route({
    method: 'GET',
    path: '/v1/records',
    summary: 'Records by type and subject, newest first',
    tag: 'records',
    access: 'records:read',
    query: RecordsQuery,
    reply: RecordListReply,
  }),
  pending: route({
    method: 'GET',
    path: '/v1/pending',
    summary: 'Records that await signatures',
    tag: 'records',
    access: 'records:read',
    reply: PendingReply,
  }),
} as const;
