// SPDX-License-Identifier: Apache-2.0

import type { DecisionPart } from '@countersign/kernel';
import {
  type Envelope,
  type EnvelopeSignature,
  leafHash,
  merkleTree,
  type Primitives,
  type Receipt,
  toBase64,
  toHex,
} from '@countersign/kernel';
import type { Pool } from 'pg';
import type { SealedPart } from '../decision/decision.ts';

export interface StoredDecision {
  readonly id: string;
  /** The parts that still exist. */
  readonly parts: readonly SealedPart[];
  readonly receipt: Receipt;
  /** Digest of the batch header's record. */
  readonly record: string;
}

interface Row {
  gateway: string;
  epoch: string;
  batch: string;
  index: number;
  header: Buffer;
  header_salt: Buffer;
  record: string;
  payload_type: string;
  payload: Buffer;
  signatures: EnvelopeSignature[];
}

/** A recorded decision with its receipt made anew from its batch; undefined when there is none. */
export async function readDecision(
  pool: Pool,
  p: Primitives,
  at: { readonly workspace: string; readonly id: string },
): Promise<StoredDecision | undefined> {
  const { rows } = await pool.query<Row>(
    `SELECT d.gateway, d.epoch, d.batch, d.index, d.header, d.header_salt, b.record, r.payload_type, r.payload,
            r.signatures
       FROM decision d JOIN decision_batch b ON (b.gateway, b.epoch, b.n) = (d.gateway, d.epoch, d.batch)
       JOIN record r ON r.digest = b.record
      WHERE d.workspace = $1 AND d.id = $2`,
    [at.workspace, at.id],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const { rows: leaves } = await pool.query<{ leaf: Buffer }>(
    'SELECT leaf FROM decision WHERE gateway = $1 AND epoch = $2 AND batch = $3 ORDER BY index',
    [row.gateway, row.epoch, row.batch],
  );
  const { rows: parts } = await pool.query<{ part: DecisionPart; salt: Buffer; bytes: Buffer }>(
    'SELECT part, salt, bytes FROM decision_part WHERE workspace = $1 AND decision = $2 ORDER BY part',
    [at.workspace, at.id],
  );
  const header: SealedPart = { name: 'header', salt: row.header_salt, bytes: row.header };
  return {
    id: at.id,
    record: row.record,
    parts: [header, ...parts.map(({ part, salt, bytes }) => ({ name: part, salt, bytes }))],
    receipt: receiptOf(p, row, { id: at.id, leaves: leaves.map(({ leaf }) => leaf) }),
  };
}

function receiptOf(
  p: Primitives,
  row: Row,
  at: { readonly id: string; readonly leaves: readonly Uint8Array[] },
): Receipt {
  const tree = merkleTree(
    p,
    at.leaves.map((leaf) => leafHash(p, leaf)),
  );
  const envelope: Envelope = {
    payloadType: row.payload_type,
    payload: row.payload.toString('base64'),
    signatures: row.signatures,
  };
  return {
    v: 1,
    decision: at.id,
    leaf: toBase64(at.leaves[row.index] ?? new Uint8Array()),
    index: row.index,
    size: at.leaves.length,
    proof: tree.inclusionProof(row.index).map(toHex),
    header: envelope,
  };
}
