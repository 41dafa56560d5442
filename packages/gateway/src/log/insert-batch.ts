// SPDX-License-Identifier: Apache-2.0
import type { PoolClient } from 'pg';
import type { SignedBatch } from './batch.ts';

/** Of a request with an idempotency key: what `decision_key` remembers of it. */
export interface KeyedRequest {
  readonly caller: string;
  readonly key: string;
  readonly businessHmac?: string;
  readonly subjectHmac?: string;
}

export interface BatchRow {
  readonly batch: SignedBatch;
  /** By position in the batch; undefined where the request had no key. */
  readonly keys: readonly (KeyedRequest | undefined)[];
  readonly workspace: string;
  readonly now: string;
}

/**
 * Writes one commit group in one transaction: the header as a record waiting for its place in the log, the decisions,
 * their parts and keys. Nothing is answered before this has committed; a crash before it leaves nothing at all.
 */
export async function insertBatch(client: PoolClient, row: BatchRow): Promise<void> {
  await client.query('BEGIN');
  try {
    await insertHeader(client, row);
    await insertDecisions(client, row);
    await insertParts(client, row);
    await insertKeys(client, row);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function insertHeader(
  client: PoolClient,
  { batch, workspace, now }: BatchRow,
): Promise<void> {
  const { header, content } = batch;
  const { predicate } = header.statement;
  const payload = Buffer.from(header.envelope.payload, 'base64');
  await client.query({
    name: 'batch-header',
    text: `WITH added AS (
        INSERT INTO record (digest, workspace, type, kind, payload_type, payload, payload_size, signatures, actor,
                            claimed_at, recorded_at)
        VALUES ($1, $2, 'decision-log', 'batch', $3, $4, $5, $6, $7, $8, $9) RETURNING digest),
      queued AS (INSERT INTO unsequenced (workspace, record) SELECT $2, digest FROM added)
      INSERT INTO decision_batch (gateway, epoch, n, workspace, count, previous_root, root, record, committed_at)
      SELECT $10, $11, $12, $2, $13, $14, $15, digest, $9 FROM added`,
    values: [
      header.digest,
      workspace,
      header.envelope.payloadType,
      payload,
      payload.length,
      JSON.stringify(header.envelope.signatures),
      predicate.actor,
      predicate.claimedAt,
      now,
      content.gateway,
      content.epoch,
      content.n,
      content.count,
      content.previousRoot,
      content.root,
    ],
  });
}

async function insertDecisions(client: PoolClient, row: BatchRow): Promise<void> {
  const { batch, workspace } = row;
  const { decisions, content } = batch;
  const headers = decisions.map(({ header }) => header);
  const parts = decisions.map(({ parts }) => parts.find(({ name }) => name === 'header'));
  await client.query({
    name: 'batch-decisions',
    text: `INSERT INTO decision (workspace, id, gateway, epoch, batch, index, leaf, header, header_salt, kind, model, use,
                                 version, stage, warrant, decided_at)
      SELECT $1, id, $2, $3, $4, place - 1, leaf, header, salt, kind, model, use, version, stage, warrant, decided
      FROM unnest($5::text[], $6::bytea[], $7::bytea[], $8::bytea[], $9::text[], $10::text[], $11::text[],
                  $12::integer[], $13::text[], $14::text[], $15::timestamptz[])
        WITH ORDINALITY AS one (id, leaf, header, salt, kind, model, use, version, stage, warrant, decided, place)`,
    values: [
      workspace,
      content.gateway,
      content.epoch,
      content.n,
      headers.map(({ id }) => id),
      decisions.map(({ leaf }) => Buffer.from(leaf)),
      parts.map((part) => Buffer.from(part?.bytes ?? [])),
      parts.map((part) => Buffer.from(part?.salt ?? [])),
      headers.map(({ kind }) => kind),
      headers.map(({ model }) => model),
      headers.map(({ use }) => use ?? null),
      headers.map(({ version }) => version ?? null),
      headers.map(({ stage }) => stage),
      headers.map(({ warrant }) => warrant ?? null),
      headers.map(({ received }) => received),
    ],
  });
}

async function insertParts(client: PoolClient, { batch, workspace }: BatchRow): Promise<void> {
  const rows = batch.decisions.flatMap(({ header, parts }) =>
    parts.filter(({ name }) => name !== 'header').map((part) => ({ id: header.id, ...part })),
  );
  await client.query({
    name: 'batch-parts',
    text: `INSERT INTO decision_part (workspace, decision, part, salt, bytes)
      SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bytea[], $5::bytea[])`,
    values: [
      workspace,
      rows.map(({ id }) => id),
      rows.map(({ name }) => name),
      rows.map(({ salt }) => Buffer.from(salt)),
      rows.map(({ bytes }) => Buffer.from(bytes)),
    ],
  });
}

async function insertKeys(client: PoolClient, { batch, keys, workspace }: BatchRow): Promise<void> {
  const rows = batch.decisions.flatMap(({ header }, index) => {
    const keyed = keys[index];
    return keyed === undefined ? [] : [{ header, index, keyed }];
  });
  if (rows.length === 0) return;
  const { gateway, epoch, n } = batch.content;
  await client.query({
    name: 'batch-keys',
    text: `INSERT INTO decision_key (workspace, caller, key, body_digest, decision, gateway, epoch, batch, index,
                                     business_hmac, subject_hmac)
      SELECT $1, caller, key, digest, id, $2, $3, $4, index, business, subject
      FROM unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::integer[], $10::text[], $11::text[])
        AS one (caller, key, digest, id, index, business, subject)`,
    values: [
      workspace,
      gateway,
      epoch,
      n,
      rows.map(({ keyed }) => keyed.caller),
      rows.map(({ keyed }) => keyed.key),
      rows.map(({ header }) => header.bodyDigest),
      rows.map(({ header }) => header.id),
      rows.map(({ index }) => index),
      rows.map(({ keyed }) => keyed.businessHmac ?? null),
      rows.map(({ keyed }) => keyed.subjectHmac ?? null),
    ],
  });
}
