// SPDX-License-Identifier: Apache-2.0
import { type Envelope, type LoggedRecord, readRecord, toBase64 } from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { BlobStore } from '@countersign/pipeline';
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database, RecordRow } from '../store/index.ts';

/** `recorded`: durable. `sequenced`: has its index. `checkpointed`: covered by a published, signed checkpoint. */
export type RecordState =
  | { readonly name: 'recorded' }
  | { readonly name: 'sequenced'; readonly index: number; readonly loggedAt: string }
  | {
      readonly name: 'checkpointed';
      readonly index: number;
      readonly loggedAt: string;
      /** Size of the first checkpoint that covers it. */
      readonly size: number;
    };

/** @throws ServerError `record_unknown` */
export async function recordState(db: Kysely<Database>, digest: string): Promise<RecordState> {
  const row = await db
    .selectFrom('record')
    .leftJoin('log_entry', 'log_entry.record', 'record.digest')
    .select(['log_entry.index', 'log_entry.logged_at'])
    .where('record.digest', '=', digest)
    .executeTakeFirst();
  if (row === undefined) {
    throw unknownRecord(digest);
  }
  if (row.index === null || row.logged_at === null) {
    return { name: 'recorded' };
  }
  const place = { index: row.index, loggedAt: row.logged_at.toISOString() };
  const covering = await db
    .selectFrom('checkpoint')
    .select('size')
    .where('size', '>', row.index)
    .orderBy('size')
    .limit(1)
    .executeTakeFirst();
  return covering === undefined
    ? { name: 'sequenced', ...place }
    : { name: 'checkpointed', ...place, size: covering.size };
}

type EnvelopeColumns = Pick<RecordRow, 'digest' | 'payload_type' | 'payload' | 'signatures'>;

/** The record as it arrived. @throws ServerError `record_unknown`; PipelineError when its blob is missing or damaged */
export async function readEnvelope(
  db: Kysely<Database>,
  blobs: BlobStore,
  digest: string,
): Promise<Envelope> {
  const row = await db
    .selectFrom('record')
    .select(['digest', 'payload_type', 'payload', 'signatures'])
    .where('digest', '=', digest)
    .executeTakeFirst();
  if (row === undefined) {
    throw unknownRecord(digest);
  }
  return envelopeOf(row, blobs);
}

export interface LogRange {
  /** First index; default 0. */
  readonly from?: number;
  /** One past the last index. */
  readonly to: number;
  readonly workspace?: string;
}

/**
 * Records of a range of the log, in log order, for the kernel's `recordSet`. What the database holds is
 * untrusted: signatures are checked there, digests here (a row whose payload does not hash to its name
 * throws `ledger_corrupt`).
 */
export async function readLoggedRecords(
  db: Kysely<Database>,
  blobs: BlobStore,
  range: LogRange,
): Promise<readonly LoggedRecord[]> {
  let query = db
    .selectFrom('log_entry')
    .innerJoin('record', 'record.digest', 'log_entry.record')
    .select(['digest', 'payload_type', 'payload', 'signatures', 'index', 'logged_at'])
    .where('index', '>=', range.from ?? 0)
    .where('index', '<', range.to)
    .orderBy('index');
  if (range.workspace !== undefined) {
    query = query.where('record.workspace', '=', range.workspace);
  }
  const records: LoggedRecord[] = [];
  for (const row of await query.execute()) {
    const record = readRecord(nodePrimitives, await envelopeOf(row, blobs));
    if (record.digest !== row.digest) {
      throw new ServerError(
        'ledger_corrupt',
        `the database holds other bytes under record \`${row.digest}\`; run \`countersign ledger verify\``,
        { details: { digest: row.digest, index: row.index } },
      );
    }
    records.push({ ...record, index: row.index, loggedAt: row.logged_at.toISOString() });
  }
  return records;
}

/** Size of the last checkpoint of which this database knows; 0 without one. */
export async function checkpointedSize(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('checkpoint')
    .select((eb) => eb.fn.max('size').as('size'))
    .executeTakeFirst();
  return Number(row?.size ?? 0);
}

export async function payloadOf(
  row: { readonly digest: string; readonly payload: Uint8Array | null },
  blobs: BlobStore,
): Promise<Uint8Array> {
  return row.payload ?? (await blobs.get(row.digest));
}

async function envelopeOf(row: EnvelopeColumns, blobs: BlobStore): Promise<Envelope> {
  return {
    payloadType: row.payload_type,
    payload: toBase64(await payloadOf(row, blobs)),
    signatures: row.signatures,
  };
}

function unknownRecord(digest: string): ServerError {
  return new ServerError('record_unknown', `record \`${digest}\` is not known`, {
    details: { digest },
  });
}
