// SPDX-License-Identifier: Apache-2.0
import { type EnvelopeSignature, KernelError, parseStrictJson } from '@countersign/kernel';
import type { ClientBase } from 'pg';
import { ServerError } from '../errors.ts';
import { growLog, logSize, newEntry } from './log-growth.ts';
import { type RecordLink, referencesOf } from './record-row.ts';
import type { SequencerContext } from './sequencer-context.ts';

/**
 * Gives the next records of the queue their places, in one transaction on the connection that holds the
 * sequencer lock: if the lock is lost, so is the transaction.
 *
 * A crash before the commit leaves the queue as it was. After it the entries are *sequenced*: they have an
 * index for ever, but nobody outside has seen them; publishing starts from the database and picks them up.
 * @returns number of records sequenced
 */
export async function sequenceBatch(context: SequencerContext): Promise<number> {
  const { client, batchMax, now, observe } = context;
  await client.query('BEGIN');
  try {
    await checkFence(context, { lock: true });
    const records = await takeQueued(client, batchMax);
    if (records.length > 0) {
      const size = await logSize(client);
      const loggedAt = await logTime(client, { size, now: now() });
      const entries = records.map((record) => newEntry(record, loggedAt));
      await linkRecords(client, records);
      await growLog(client, size, entries);
    }
    observe('entries-written');
    await client.query('COMMIT');
    return records.length;
  } catch (cause) {
    // On a broken connection the server has rolled back by itself; the first error is the one that counts.
    await client.query('ROLLBACK').catch(() => {});
    throw cause;
  }
}

/** @throws ServerError `ledger_fenced` when another sequencer has taken over */
export async function checkFence(
  { client, token }: SequencerContext,
  options: { readonly lock: boolean },
): Promise<void> {
  const { rows } = await client.query<{ token: number }>(
    `SELECT token FROM sequencer ${options.lock ? 'FOR UPDATE' : ''}`,
  );
  if (rows[0]?.token !== token) {
    throw new ServerError('ledger_fenced', 'another sequencer has taken over this log', {
      details: { token, current: rows[0]?.token },
    });
  }
}

interface QueuedRecord {
  readonly digest: string;
  readonly workspace: string;
  readonly signatures: readonly EnvelopeSignature[];
}

async function takeQueued(client: ClientBase, batchMax: number): Promise<readonly QueuedRecord[]> {
  // Two statements: a record that gained a signature while we waited for its lock must be read afterwards.
  const { rows: locked } = await client.query<{ position: number }>(
    'SELECT position FROM unsequenced ORDER BY position LIMIT $1 FOR UPDATE',
    [batchMax],
  );
  const { rows } = await client.query<QueuedRecord>(
    `WITH taken AS (DELETE FROM unsequenced WHERE position = ANY ($1::bigint[]) RETURNING position, record)
     SELECT digest, workspace, signatures FROM taken JOIN record ON digest = record ORDER BY position`,
    [locked.map((row) => row.position)],
  );
  return rows;
}

/**
 * Gateways insert batch headers without knowing of links: here the index becomes complete. Every record names
 * at least its subject, so one without links has not been looked at.
 */
async function linkRecords(client: ClientBase, records: readonly QueuedRecord[]): Promise<void> {
  const { rows } = await client.query<{ digest: string; workspace: string; payload: Uint8Array }>(
    `SELECT digest, workspace, payload FROM record
      WHERE digest = ANY ($1::text[]) AND payload IS NOT NULL
        AND NOT EXISTS (SELECT FROM record_link WHERE from_digest = digest)`,
    [records.map((record) => record.digest)],
  );
  const links = rows.flatMap((row) => linksOf(row.payload).map((link) => ({ ...row, ...link })));
  if (links.length > 0) {
    await client.query(
      `INSERT INTO record_link (workspace, from_digest, to_digest, path)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
      [
        links.map((link) => link.workspace),
        links.map((link) => link.digest),
        links.map((link) => link.to),
        links.map((link) => link.path),
      ],
    );
  }
}

function linksOf(payload: Uint8Array): readonly RecordLink[] {
  try {
    return referencesOf(parseStrictJson(payload));
  } catch (error) {
    if (error instanceof KernelError) {
      return []; // it has its place all the same; whoever reads it finds that it is no record
    }
    throw error;
  }
}

/** Times of the log never go back, even where the clock does. */
async function logTime(
  client: ClientBase,
  { size, now }: { readonly size: number; readonly now: Date },
): Promise<string> {
  const { rows } = await client.query<{ logged_at: Date }>(
    'SELECT logged_at FROM log_entry WHERE index = $1',
    [size - 1],
  );
  const last = rows[0]?.logged_at ?? now;
  return (last > now ? last : now).toISOString();
}
