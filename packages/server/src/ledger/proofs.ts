// SPDX-License-Identifier: Apache-2.0
import {
  consistencyProofFromTiles,
  inclusionProofFromTiles,
  tilesForConsistency,
  tilesForInclusion,
  toBase64,
  toHex,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { ClientBase, Pool } from 'pg';
import { ServerError } from '../errors.ts';
import { databaseTiles } from './log-tiles.ts';

/** All that a verifier needs beside the log's key; `log` of a receipt has the same members. */
export interface InclusionProof {
  readonly index: number;
  /** Base64 of the log leaf, which commits to the record and its signatures. */
  readonly leaf: string;
  /** Hex, leaf side first. */
  readonly proof: readonly string[];
  /** Signed text of the checkpoint. */
  readonly checkpoint: string;
}

/**
 * Proves a record's place in the log at a checkpoint: the last one, or the one of `size`.
 * Unverified by itself: it is made from the database's tiles, and the verifier decides.
 * @throws ServerError `record_unknown`, `checkpoint_unknown`
 */
export async function inclusionProofOf(
  pool: Pool,
  digest: string,
  at: { readonly size?: number } = {},
): Promise<InclusionProof> {
  return withClient(pool, async (client) => {
    const entry = await findEntry(client, digest);
    const { size, text } = await findCheckpoint(client, at.size);
    const { index } = entry;
    if (index >= size) {
      throw checkpointUnknown(`no checkpoint of size ${size} covers entry ${index}`, {
        index,
        size,
      });
    }
    const readTile = await databaseTiles(client, tilesForInclusion(index, size));
    const proof = inclusionProofFromTiles(nodePrimitives, { index, size, readTile });
    return { index, leaf: toBase64(entry.leaf), proof: proof.map(toHex), checkpoint: text };
  });
}

/** RFC 6962 consistency proof between two sizes of the log, in hex. @throws ServerError `checkpoint_unknown` */
export async function consistencyProofOf(
  pool: Pool,
  oldSize: number,
  newSize: number,
): Promise<readonly string[]> {
  return withClient(pool, async (client) => {
    const { size } = await findCheckpoint(client, undefined);
    if (oldSize < 0 || oldSize > newSize || newSize > size) {
      throw checkpointUnknown(
        `sizes \`${oldSize}\` and \`${newSize}\` are not two sizes of a log of ${size} entries, the smaller first`,
        { oldSize, newSize, size },
      );
    }
    const readTile = await databaseTiles(client, tilesForConsistency(oldSize, newSize));
    return consistencyProofFromTiles(nodePrimitives, { oldSize, newSize, readTile }).map(toHex);
  });
}

async function findEntry(
  client: ClientBase,
  digest: string,
): Promise<{ index: number; leaf: Uint8Array }> {
  const { rows } = await client.query<{ index: number; leaf: Uint8Array }>(
    'SELECT index, leaf FROM log_entry WHERE record = $1',
    [digest],
  );
  if (rows[0] === undefined) {
    throw new ServerError('record_unknown', `record \`${digest}\` is not in the log`, {
      details: { digest },
    });
  }
  return rows[0];
}

async function findCheckpoint(
  client: ClientBase,
  size: number | undefined,
): Promise<{ size: number; text: string }> {
  const { rows } = await client.query<{ size: number; text: string }>(
    `SELECT size, text FROM checkpoint WHERE $1::bigint IS NULL OR size = $1 ORDER BY size DESC LIMIT 1`,
    [size ?? null],
  );
  if (rows[0] === undefined) {
    const which =
      size === undefined ? 'nothing is checkpointed yet' : `no checkpoint has size \`${size}\``;
    throw checkpointUnknown(which, { size });
  }
  return rows[0];
}

async function withClient<T>(pool: Pool, work: (client: ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

function checkpointUnknown(
  message: string,
  details: Readonly<Record<string, unknown>>,
): ServerError {
  return new ServerError('checkpoint_unknown', message, { details });
}
