// SPDX-License-Identifier: Apache-2.0
import type { Envelope, EnvelopeSignature } from '@countersign/kernel';
import type { BlobStore } from '@countersign/pipeline';
import { type Kysely, sql } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import { insertRecords } from './insert-records.ts';
import {
  PAYLOAD_BYTES_MAX,
  type RecordRowContent,
  recordRow,
  sortSignatures,
} from './record-row.ts';

export interface AppendContext {
  readonly blobs: BlobStore;
  readonly recordedAt: Date;
}

export interface Appended {
  readonly digest: string;
  /** `recorded`: new. `signed`: known, has gained signatures. `known`: nothing changed. */
  readonly outcome: 'recorded' | 'signed' | 'known';
}

/**
 * Inserts a record without a place in the log, as part of the caller's transaction: it exists when and only
 * when what the transaction changed does. The sequencer gives it its place. The same record again is no
 * error, and while it is unsequenced it may gain signatures.
 * @throws KernelError for a malformed record; ServerError `record_unsigned`, `record_sequenced` (the log has
 * frozen its signatures), `record_conflict` (another signature of a key that has signed already)
 */
export async function appendRecord(
  tx: Kysely<Database>,
  envelope: Envelope,
  context: AppendContext,
): Promise<Appended> {
  const [appended] = await appendRecords(tx, [envelope], context);
  return appended!;
}

/** As `appendRecord` for many, in one statement; they enter the log in the order given. */
export async function appendRecords(
  tx: Kysely<Database>,
  envelopes: readonly Envelope[],
  context: AppendContext,
): Promise<readonly Appended[]> {
  const rows = envelopes.map(recordRow);
  for (const row of rows) {
    if (row.signatures.length === 0) {
      throw new ServerError('record_unsigned', `record \`${row.record.digest}\` has no signature`);
    }
    // Before the row: a crash in between leaves a blob that nothing names, never a row without its bytes.
    if (row.payload.length > PAYLOAD_BYTES_MAX) {
      await context.blobs.put(row.payload);
    }
  }
  const recordedAt = rows.map(() => context.recordedAt);
  const result = await insertRecords(rows, { recordedAt, queue: true }).execute(tx);
  const inserted = new Set(result.rows.map((row) => row.digest));
  const appended: Appended[] = [];
  for (const row of rows) {
    const { digest } = row.record;
    const isNew = inserted.delete(digest);
    appended.push({ digest, outcome: isNew ? 'recorded' : await gainSignatures(tx, row) });
  }
  return appended;
}

async function gainSignatures(
  tx: Kysely<Database>,
  row: RecordRowContent,
): Promise<'signed' | 'known'> {
  const { digest } = row.record;
  // Holds off the sequencer and other signers until our transaction ends.
  await sql`SELECT FROM unsequenced WHERE record = ${digest} FOR UPDATE`.execute(tx);
  const { signatures } = await tx
    .selectFrom('record')
    .select('signatures')
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();
  const gained = newSignatures(digest, { had: signatures, given: row.signatures });
  if (gained.length === 0) {
    return 'known';
  }
  const all = JSON.stringify(sortSignatures([...signatures, ...gained]));
  const { rows } = await sql<{ gained: boolean }>`
    SELECT record_gain_signatures(${digest}, ${all}::jsonb) AS gained`.execute(tx);
  if (rows[0]?.gained !== true) {
    throw new ServerError(
      'record_sequenced',
      `record \`${digest}\` is in the log, which has frozen its signatures; sign a new record that names it`,
      { details: { digest } },
    );
  }
  return 'signed';
}

function newSignatures(
  digest: string,
  sets: {
    readonly had: readonly EnvelopeSignature[];
    readonly given: readonly EnvelopeSignature[];
  },
): readonly EnvelopeSignature[] {
  const byKey = new Map(sets.had.map((signature) => [signature.keyid, signature.sig]));
  const gained = sets.given.filter((signature) => byKey.get(signature.keyid) !== signature.sig);
  const conflict = gained.find((signature) => byKey.has(signature.keyid));
  if (conflict !== undefined) {
    throw new ServerError(
      'record_conflict',
      `key \`${conflict.keyid}\` has signed record \`${digest}\` with another signature; send the first one`,
      { details: { digest, keyid: conflict.keyid } },
    );
  }
  return gained;
}
