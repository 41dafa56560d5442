// SPDX-License-Identifier: Apache-2.0
import type { PendingReply, ProofReply, RecordListReply, RecordReply } from '@countersign/contract';
import {
  accountOf,
  type EnrolledKey,
  type Envelope,
  type Json,
  readRecord,
  signersOf,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { inclusionProofOf, readEnvelope, recordState } from '../ledger/index.ts';
import { findPending, listPending } from './pending-records.ts';

/** A record with its state and verified signers, be it logged, recorded or waiting. @throws ServerError `record_unknown` */
export async function recordView(context: ServerContext, digest: string): Promise<RecordReply> {
  const pending = await findPending(context.database.db, digest);
  if (pending !== undefined) {
    return {
      ...presentEnvelope(context, pending.envelope),
      state: 'awaiting-signatures',
      needs: pending.needs,
    };
  }
  const { db } = context.database;
  const envelope = await readEnvelope(db, context.blobs, digest);
  const state = await recordState(db, digest);
  const set = await context.records.current();
  const rejected = set.rejected.find((one) => one.digest === digest)?.reason;
  return {
    ...presentEnvelope(context, envelope),
    state: state.name,
    ...(state.name === 'recorded' ? {} : { index: state.index, loggedAt: state.loggedAt }),
    ...(rejected === undefined ? {} : { rejected }),
  };
}

function presentEnvelope(context: ServerContext, envelope: Envelope) {
  const record = readRecord(context.primitives, envelope);
  const signers = signersOf(context.primitives, record, context.records.register());
  return {
    digest: record.digest,
    envelope: mutable(envelope),
    statement: record.statement as unknown as Json, // readonly JSON with optional members, which TypeScript does not see
    signers: signers.map(presentSigner),
  };
}

function presentSigner(key: EnrolledKey) {
  return {
    keyid: key.key.keyid,
    holder: accountOf(key),
    roles: key.holder.kind === 'person' ? [...key.holder.roles] : [],
  };
}

/** The contract's envelope is the kernel's without `readonly`. */
export function mutable(envelope: Envelope) {
  return {
    payloadType: envelope.payloadType,
    payload: envelope.payload,
    signatures: envelope.signatures.map(({ keyid, sig, webauthn }) => ({
      keyid,
      sig,
      ...(webauthn === undefined ? {} : { webauthn: { ...webauthn } }),
    })),
  };
}

export async function pendingView(context: ServerContext): Promise<PendingReply> {
  const pending = await listPending(context);
  return {
    records: pending.map((one) => ({
      ...presentEnvelope(context, one.envelope),
      needs: one.needs,
      since: one.since,
    })),
  };
}

/** @throws ServerError `record_unknown`, `checkpoint_unknown` while no checkpoint covers it */
export async function recordProof(context: ServerContext, digest: string): Promise<ProofReply> {
  const envelope = await readEnvelope(context.database.db, context.blobs, digest);
  const { index, leaf, proof, checkpoint } = await inclusionProofOf(context.database.pool, digest);
  return { checkpoint, record: { envelope: mutable(envelope), index, leaf, proof: [...proof] } };
}

export interface RecordFilter {
  readonly type?: string | undefined;
  readonly kind?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: number | undefined;
  readonly use?: string | undefined;
  readonly limit: number;
  readonly before?: string | undefined;
}

/** Newest first, as recorded. @throws ServerError `record_unknown` for a `before` that is none */
export async function listRecords(
  context: Pick<ServerContext, 'database' | 'workspace'>,
  filter: RecordFilter,
): Promise<RecordListReply> {
  let query = context.database.db
    .selectFrom('record as r')
    .leftJoin('log_entry as e', 'e.record', 'r.digest')
    .select([
      'r.digest',
      'r.type',
      'r.kind',
      'r.model',
      'r.use',
      'r.version',
      'r.actor',
      'r.claimed_at',
      'r.recorded_at',
      'e.index',
    ])
    .where('r.workspace', '=', context.workspace)
    .orderBy('r.recorded_at', 'desc')
    .orderBy('r.digest', 'desc')
    .limit(filter.limit);
  for (const name of ['type', 'kind', 'model', 'use', 'version'] as const) {
    const value = filter[name];
    if (value !== undefined) query = query.where(`r.${name}`, '=', value);
  }
  if (filter.before !== undefined) {
    const { before } = filter;
    const last = await placeOf(context, before);
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('r.recorded_at', 'r.digest'), '<', tuple(last, before)),
    );
  }
  const rows = await query.execute();
  return {
    records: rows.map((row) => ({
      digest: row.digest,
      type: row.type,
      ...(row.kind === null ? {} : { kind: row.kind }),
      ...(row.model === null ? {} : { model: row.model }),
      ...(row.use === null ? {} : { use: row.use }),
      ...(row.version === null ? {} : { version: row.version }),
      actor: row.actor,
      claimedAt: row.claimed_at.toISOString(),
      recordedAt: row.recorded_at.toISOString(),
      ...(row.index === null ? {} : { index: row.index }),
    })),
  };
}

async function placeOf(context: Pick<ServerContext, 'database'>, digest: string): Promise<Date> {
  const row = await context.database.db
    .selectFrom('record')
    .select('recorded_at')
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (row === undefined) {
    throw new ServerError('record_unknown', `no record ${digest} is known here`, {
      details: { digest, field: 'query.before' },
    });
  }
  return row.recorded_at;
}
