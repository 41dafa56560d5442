// SPDX-License-Identifier: Apache-2.0
import {
  type EnvelopeSignature,
  edgeTiles,
  encodeLogLeaf,
  leafHash,
  merkleRoot,
  newTiles,
  signatureSetDigest,
  TILE_WIDTH,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { ClientBase } from 'pg';
import { databaseTiles } from './log-tiles.ts';

export interface NewEntry {
  readonly record: string;
  readonly workspace: string;
  readonly leaf: Uint8Array;
  readonly loggedAt: string;
}

/** The leaf of a record that takes its place in the log now. */
export function newEntry(
  record: {
    readonly digest: string;
    readonly workspace: string;
    readonly signatures: readonly EnvelopeSignature[];
  },
  loggedAt: string,
): NewEntry {
  const leaf = encodeLogLeaf({
    v: 1,
    type: 'record',
    payload: record.digest,
    signatures: signatureSetDigest(nodePrimitives, record.signatures),
    time: loggedAt,
  });
  return { record: record.digest, workspace: record.workspace, leaf, loggedAt };
}

/**
 * Appends entries at index `size` and the tiles that they fill, within the caller's transaction. The primary
 * key of `log_entry` refuses a second entry of the same index, whoever writes it.
 */
export async function growLog(
  client: ClientBase,
  size: number,
  entries: readonly NewEntry[],
): Promise<void> {
  const hashes = entries.map((entry) => leafHash(nodePrimitives, entry.leaf));
  await client.query(
    `INSERT INTO log_entry (index, workspace, record, leaf, leaf_hash, logged_at)
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bytea[], $5::bytea[], $6::timestamptz[])`,
    [
      entries.map((_, place) => size + place),
      entries.map((entry) => entry.workspace),
      entries.map((entry) => entry.record),
      entries.map((entry) => Buffer.from(entry.leaf)),
      hashes.map((hash) => Buffer.from(hash)),
      entries.map((entry) => entry.loggedAt),
    ],
  );
  const readTile = await databaseTiles(client, edgeTiles(size));
  const grown = newTiles(nodePrimitives, { oldSize: size, newLeafHashes: hashes, readTile });
  for (const tile of grown.filter(({ width }) => width === TILE_WIDTH)) {
    await client.query(
      'INSERT INTO log_tile (level, index, hashes, root) VALUES ($1, $2, $3, $4)',
      [tile.level, tile.index, Buffer.from(tile.bytes), Buffer.from(tileRoot(tile.bytes))],
    );
  }
}

export function tileRoot(bytes: Uint8Array): Uint8Array {
  const hashes = Array.from({ length: TILE_WIDTH }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
  return merkleRoot(nodePrimitives, hashes);
}

/** Entries of the log in this database, published or not. */
export async function logSize(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ size: number }>(
    'SELECT coalesce(max(index) + 1, 0) AS size FROM log_entry',
  );
  return rows[0]!.size;
}
