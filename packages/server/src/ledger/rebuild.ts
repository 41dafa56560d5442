// SPDX-License-Identifier: Apache-2.0
import { equalBytes, rootFromTiles, tilesForRoot } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { BlobStore } from '@countersign/pipeline';
import type { Client } from 'pg';
import { ServerError } from '../errors.ts';
import { type DatabaseHandle, getPublished, type PublishedStore } from '../store/index.ts';
import { insertRecords } from './insert-records.ts';
import { growLog, logSize, newEntry } from './log-growth.ts';
import { databaseRoot } from './log-position.ts';
import { recordCheckpoint } from './publish-checkpoint.ts';
import {
  CHECKPOINT_PATH,
  type LogIdentity,
  type PublishedCheckpoint,
  publishedTiles,
  readPublishedCheckpoint,
} from './published-log.ts';
import { publishedBundles } from './published-records.ts';
import { type RecordRowContent, recordRow } from './record-row.ts';
import { SEQUENCER_LOCK } from './sequencer-context.ts';

export interface RebuildOptions {
  readonly database: DatabaseHandle;
  readonly published: PublishedStore;
  readonly blobs: BlobStore;
  readonly log: LogIdentity;
  readonly now: () => Date;
  readonly progress?: (done: number, size: number) => void;
}

export interface Rebuilt {
  /** Entries that the database had before. */
  readonly from: number;
  readonly size: number;
}

/**
 * Takes the records and the log from the blob store into a migrated database: all of it into an empty one,
 * what is missing into an older copy. One transaction: it ends with the published root or changes nothing.
 * Records that were never sequenced are only in the database and cannot be rebuilt; `recorded_at` becomes the
 * logged time.
 * @throws ServerError `published_missing`, `ledger_corrupt`, `ledger_fork`; `ledger_fenced` while a sequencer runs
 */
export async function rebuildDatabase(options: RebuildOptions): Promise<Rebuilt> {
  const client = await options.database.connect();
  try {
    await takeLock(client);
    await getPublished(options.published, CHECKPOINT_PATH);
    const checkpoint = (await readPublishedCheckpoint(options.published, options.log))!;
    await client.query('BEGIN');
    const from = await logSize(client);
    if (from < checkpoint.size) {
      await checkPrefix(client, options.published, { from, checkpoint });
      await takeMissing(client, options, { from, checkpoint });
    }
    if (!equalBytes(await databaseRoot(client, checkpoint.size), checkpoint.root)) {
      throw fork(checkpoint.size);
    }
    await recordCheckpoint(client, { ...checkpoint, at: options.now() });
    await client.query('COMMIT');
    return { from, size: Math.max(from, checkpoint.size) };
  } finally {
    await client.end(); // rolls back what was not committed
  }
}

async function takeLock(client: Client): Promise<void> {
  const { rows } = await client.query<{ taken: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS taken',
    [SEQUENCER_LOCK],
  );
  if (rows[0]?.taken !== true) {
    throw new ServerError(
      'ledger_fenced',
      'a sequencer is running on this database; stop it first',
    );
  }
}

interface Gap {
  readonly from: number;
  readonly checkpoint: PublishedCheckpoint;
}

/** What an older copy has must be the beginning of what is published. */
async function checkPrefix(
  client: Client,
  published: PublishedStore,
  { from, checkpoint }: Gap,
): Promise<void> {
  if (from === 0) {
    return;
  }
  const readTile = await publishedTiles(published, tilesForRoot(from), checkpoint.size);
  const root = rootFromTiles(nodePrimitives, { size: from, readTile });
  if (!equalBytes(root, await databaseRoot(client, from))) {
    throw fork(from);
  }
}

async function takeMissing(client: Client, options: RebuildOptions, gap: Gap): Promise<void> {
  const { from, checkpoint } = gap;
  const start = await bundleBoundary(client, from);
  let size = from;
  for await (const bundle of publishedBundles(options, { from: start, size: checkpoint.size })) {
    const missing = bundle.records.filter((record) => record.index >= from);
    const rows = missing.map((record) => recordRow(record.envelope));
    const times = missing.map((record) => record.leaf.time);
    await takeRecords(client, options.database, { rows, times });
    const entries = rows.map(({ record, signatures }, place) => {
      const { workspace } = record.statement.predicate.subjectRef;
      return newEntry({ digest: record.digest, workspace, signatures }, times[place]!);
    });
    await growLog(client, size, entries);
    size += missing.length;
    options.progress?.(size, checkpoint.size);
  }
}

/** A database that remembers checkpoints knows where bundles begin; without one the walk begins at the first. */
async function bundleBoundary(client: Client, from: number): Promise<number> {
  const { rows } = await client.query<{ size: number }>(
    'SELECT coalesce(max(size), 0) AS size FROM checkpoint WHERE size <= $1',
    [from],
  );
  return rows[0]!.size;
}

async function takeRecords(
  client: Client,
  { db }: DatabaseHandle,
  {
    rows,
    times,
  }: { readonly rows: readonly RecordRowContent[]; readonly times: readonly string[] },
): Promise<void> {
  const recordedAt = times.map((time) => new Date(time));
  const insert = insertRecords(rows, { recordedAt, queue: false }).compile(db);
  await client.query(insert.sql, [...insert.parameters]);
  // An older copy may still have them in its queue, perhaps before they gained their last signature.
  const digests = rows.map((row) => row.record.digest);
  const signatures = rows.map((row) => JSON.stringify(row.signatures));
  await client.query(
    `SELECT record_gain_signatures(digest, signatures)
       FROM unnest($1::text[], $2::jsonb[]) AS given (digest, signatures)`,
    [digests, signatures],
  );
  await client.query('DELETE FROM unsequenced WHERE record = ANY ($1::text[])', [digests]);
}

function fork(size: number): ServerError {
  return new ServerError(
    'ledger_fork',
    `the database's first ${size} entries are not the published ones; rebuild into an empty database`,
    { details: { size } },
  );
}
