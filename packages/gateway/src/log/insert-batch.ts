// SPDX-License-Identifier: Apache-2.0
import type { Pool } from 'pg';
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
 * Writes one commit group in one statement, which is one transaction: the header as a record waiting for its place in the
 * log, the decisions, their parts and keys. One statement is one round trip; at small groups those are most of the time.
 * Nothing is answered before it has committed; a crash before that leaves nothing at all.
 */
export async function insertBatch(pool: Pool, row: BatchRow): Promise<void> {
  await pool.query({
    name: 'insert-batch',
    text: INSERT_BATCH,
    values: [...headerValues(row), ...decisionValues(row), ...partValues(row), ...keyValues(row)],
  });
}

/** Foreign keys between the tables are checked when the whole statement is done. */
const INSERT_BATCH = `
  WITH header AS (
    INSERT INTO record (digest, workspace, type, kind, payload_type, payload, payload_size, signatures, actor,
                        claimed_at, recorded_at)
    VALUES ($1, $2, 'decision-log', 'batch', $3, $4, $5, $6, $7, $8, $9)),
  queued AS (INSERT INTO unsequenced (workspace, record) VALUES ($2, $1)),
  batch AS (
    INSERT INTO decision_batch (gateway, epoch, n, workspace, count, previous_root, root, record, committed_at)
    VALUES ($10, $11, $12, $2, $13, $14, $15, $1, $9)),
  decisions AS (
    INSERT INTO decision (workspace, id, gateway, epoch, batch, index, leaf, header, header_salt, kind, model, use,
                          version, stage, warrant, decided_at)
    SELECT $2, id, $10, $11, $12, place - 1, leaf, header, salt, kind, model, use, version, stage, warrant, decided
      FROM unnest($16::text[], $17::bytea[], $18::bytea[], $19::bytea[], $20::text[], $21::text[], $22::text[],
                  $23::integer[], $24::text[], $25::text[], $26::timestamptz[])
        WITH ORDINALITY AS one (id, leaf, header, salt, kind, model, use, version, stage, warrant, decided, place)),
  parts AS (
    INSERT INTO decision_part (workspace, decision, part, salt, bytes)
    SELECT $2, * FROM unnest($27::text[], $28::text[], $29::bytea[], $30::bytea[]))
  INSERT INTO decision_key (workspace, caller, key, body_digest, decision, gateway, epoch, batch, index, business_hmac,
                            subject_hmac)
  SELECT $2, caller, key, digest, id, $10, $11, $12, index, business, subject
    FROM unnest($31::text[], $32::text[], $33::text[], $34::text[], $35::integer[], $36::text[], $37::text[])
      AS one (caller, key, digest, id, index, business, subject)`;

function headerValues({ batch, workspace, now }: BatchRow): readonly unknown[] {
  const { header, content } = batch;
  const { predicate } = header.statement;
  const payload = Buffer.from(header.envelope.payload, 'base64');
  return [
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
  ];
}

function decisionValues({ batch: { decisions } }: BatchRow): readonly unknown[] {
  const headers = decisions.map(({ header }) => header);
  const parts = decisions.map(({ parts }) => parts.find(({ name }) => name === 'header'));
  return [
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
  ];
}

function partValues({ batch: { decisions } }: BatchRow): readonly unknown[] {
  const rows = decisions.flatMap(({ header, parts }) =>
    parts.filter(({ name }) => name !== 'header').map((part) => ({ id: header.id, ...part })),
  );
  return [
    rows.map(({ id }) => id),
    rows.map(({ name }) => name),
    rows.map(({ salt }) => Buffer.from(salt)),
    rows.map(({ bytes }) => Buffer.from(bytes)),
  ];
}

function keyValues({ batch, keys }: BatchRow): readonly unknown[] {
  const rows = batch.decisions.flatMap(({ header }, index) => {
    const keyed = keys[index];
    return keyed === undefined ? [] : [{ header, index, keyed }];
  });
  return [
    rows.map(({ keyed }) => keyed.caller),
    rows.map(({ keyed }) => keyed.key),
    rows.map(({ header }) => header.bodyDigest),
    rows.map(({ header }) => header.id),
    rows.map(({ index }) => index),
    rows.map(({ keyed }) => keyed.businessHmac ?? null),
    rows.map(({ keyed }) => keyed.subjectHmac ?? null),
  ];
}
