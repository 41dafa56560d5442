// SPDX-License-Identifier: Apache-2.0
import {
  type EnvelopeSignature,
  equalBytes,
  type LogLeaf,
  leafHash,
  parseLogLeaf,
  sha256Hex,
  TILE_WIDTH,
  toBase64,
  toHex,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { BlobStore } from '@countersign/pipeline';
import type { Pool, PoolClient } from 'pg';
import type { ProblemList } from './log-problems.ts';
import { type LogIdentity, trustCheckpoint } from './published-log.ts';
import { signatureDigestOf } from './published-records.ts';
import { payloadOf } from './read-records.ts';
import { recordRow } from './record-row.ts';

/** Compares the rows of a database with the published log while `verifyLog` walks it. */
export interface DatabaseAudit {
  checkEntries(
    problems: ProblemList,
    chunk: { readonly from: number; readonly leaves: readonly Uint8Array[] },
  ): Promise<void>;
  checkRoots(
    problems: ProblemList,
    range: {
      /** First and last tree size to check. */
      readonly sizes: readonly [number, number];
      readonly rootAt: (size: number) => Uint8Array;
    },
  ): void;
  checkTile(problems: ProblemList, tile: AuditedTile): Promise<void>;
  /** Entries and checkpoints beyond the published size. */
  finish(problems: ProblemList, publishedSize: number): Promise<void>;
  close(): void;
}

interface AuditedTile {
  readonly level: number;
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly root: Uint8Array;
}

interface AuditSource {
  readonly blobs: BlobStore;
  readonly log: LogIdentity;
}

/** Reads one snapshot of the database, so that a sequencer at work does not look like damage. */
export async function openDatabaseAudit(pool: Pool, source: AuditSource): Promise<DatabaseAudit> {
  const client = await pool.connect();
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows: checkpoints } = await client.query<CheckpointRow>(
    'SELECT size, root, text FROM checkpoint ORDER BY size',
  );
  return {
    checkEntries: (problems, { from, leaves }) =>
      checkEntries(client, { ...source, problems, from, to: from + leaves.length, leaves }),
    checkRoots: (problems, { sizes: [first, last], rootAt }) => {
      for (const row of checkpoints.filter(({ size }) => size >= first && size <= last)) {
        checkCheckpoint(problems, row, { log: source.log, root: rootAt(row.size) });
      }
    },
    checkTile: (problems, tile) => checkTile(client, problems, tile),
    finish: async (problems, publishedSize) => {
      const { rows } = await client.query<{ size: number }>(
        'SELECT coalesce(max(index) + 1, 0) AS size FROM log_entry',
      );
      for (let from = publishedSize; from < rows[0]!.size; from += TILE_WIDTH) {
        const to = Math.min(from + TILE_WIDTH, rows[0]!.size);
        await checkEntries(client, { ...source, problems, from, to, leaves: undefined });
      }
      for (const { size } of checkpoints.filter((row) => row.size > publishedSize)) {
        problems.add(`checkpoint ${size}`, `is beyond the published one of ${publishedSize}`);
      }
    },
    close: () => client.release(true),
  };
}

interface CheckpointRow {
  readonly size: number;
  readonly root: string;
  readonly text: string;
}

function checkCheckpoint(
  problems: ProblemList,
  row: CheckpointRow,
  { log, root }: { readonly log: LogIdentity; readonly root: Uint8Array },
): void {
  const place = `checkpoint ${row.size}`;
  try {
    const signed = trustCheckpoint(row.text, log, place);
    if (signed.size !== row.size || !equalBytes(signed.root, root) || row.root !== toHex(root)) {
      problems.add(place, 'its root is not the root of the first entries');
    }
  } catch (error) {
    problems.add(place, error instanceof Error ? error.message : 'is not a checkpoint');
  }
}

async function checkTile(
  client: PoolClient,
  problems: ProblemList,
  { level, index, bytes, root }: AuditedTile,
): Promise<void> {
  const { rows } = await client.query<{ hashes: Uint8Array; root: Uint8Array }>(
    'SELECT hashes, root FROM log_tile WHERE level = $1 AND index = $2',
    [level, index],
  );
  const row = rows[0];
  if (row === undefined || !equalBytes(row.hashes, bytes) || !equalBytes(row.root, root)) {
    problems.add(`database, tile ${level}/${index}`, 'is not the published one');
  }
}

interface EntryAudit extends AuditSource {
  readonly problems: ProblemList;
  readonly from: number;
  readonly to: number;
  /** As published; undefined beyond the checkpoint, where the row's own leaf is all there is. */
  readonly leaves: readonly Uint8Array[] | undefined;
}

interface EntryRow {
  readonly index: number;
  readonly entry_workspace: string;
  readonly record: string;
  readonly leaf: Uint8Array;
  readonly leaf_hash: Uint8Array;
  readonly logged_at: Date;
  readonly digest: string;
  readonly workspace: string;
  readonly type: string;
  readonly kind: string | null;
  readonly payload_type: string;
  readonly payload: Uint8Array | null;
  readonly payload_size: number;
  readonly signatures: readonly EnvelopeSignature[];
  readonly actor: string;
  readonly model: string | null;
  readonly use: string | null;
  readonly version: number | null;
  readonly claimed_at: Date;
  readonly links: readonly string[];
}

async function checkEntries(client: PoolClient, audit: EntryAudit): Promise<void> {
  const { problems, from, to, leaves } = audit;
  const { rows } = await client.query<EntryRow>(
    `SELECT e.index, e.workspace AS entry_workspace, e.record, e.leaf, e.leaf_hash, e.logged_at, r.*,
            array(SELECT to_digest || path FROM record_link WHERE from_digest = r.digest
                   AND workspace = r.workspace) AS links
       FROM log_entry e JOIN record r ON r.digest = e.record
      WHERE e.index >= $1 AND e.index < $2`,
    [from, to],
  );
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  for (let index = from; index < to; index += 1) {
    const place = `database, entry ${index}`;
    const row = byIndex.get(index);
    const published = leaves?.[index - from];
    if (row === undefined) {
      problems.add(place, 'is missing');
    } else if (published !== undefined && !equalBytes(row.leaf, published)) {
      problems.add(place, 'its leaf is not the published one');
    } else {
      await problems.attempt(place, () => checkEntry(row, audit, place));
    }
  }
}

async function checkEntry(row: EntryRow, audit: EntryAudit, place: string): Promise<void> {
  const { problems, blobs } = audit;
  const leaf = parseLogLeaf(row.leaf);
  if (!equalBytes(row.leaf_hash, leafHash(nodePrimitives, row.leaf))) {
    problems.add(place, 'its leaf hash is not the hash of its leaf');
  }
  if (row.record !== leaf.payload || row.logged_at.toISOString() !== leaf.time) {
    problems.add(place, 'its columns are not what its leaf says');
  }
  const payload = await payloadOf({ digest: leaf.payload, payload: row.payload }, blobs);
  if (sha256Hex(nodePrimitives, payload) !== leaf.payload) {
    problems.add(place, 'the payload of its record was changed');
    return;
  }
  if (signatureDigestOf(row.signatures) !== leaf.signatures) {
    problems.add(place, 'the signatures of its record were changed');
    return;
  }
  const changed = changedColumns(row, payload, leaf);
  if (changed.length > 0) {
    problems.add(place, `columns of its record were changed: ${changed.join(', ')}`);
  }
}

/** Columns that are extracted from the payload: wrong ones prove nothing, but mislead every query. */
function changedColumns(row: EntryRow, payload: Uint8Array, leaf: LogLeaf): readonly string[] {
  const envelope = {
    payloadType: row.payload_type,
    payload: toBase64(payload),
    signatures: row.signatures,
  };
  const { record, links } = recordRow(envelope);
  const { type, kind = null, actor, claimedAt, subjectRef } = record.statement.predicate;
  const { workspace, model = null, use = null, version = null } = subjectRef;
  const expected = {
    digest: leaf.payload,
    payload_size: payload.length,
    entry_workspace: workspace,
    workspace,
    type,
    kind,
    actor,
    model,
    use,
    version,
  };
  const wrong = Object.entries(expected).filter(
    ([name, value]) => row[name as keyof typeof expected] !== value, // the keys of the literal above
  );
  const names = wrong.map(([name]) => name);
  if (row.claimed_at.toISOString() !== claimedAt) {
    names.push('claimed_at');
  }
  const linked = links.map((link) => link.to + link.path).sort();
  if (JSON.stringify([...row.links].sort()) !== JSON.stringify(linked)) {
    names.push('links');
  }
  return names;
}
