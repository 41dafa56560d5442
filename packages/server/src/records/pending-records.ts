// SPDX-License-Identifier: Apache-2.0
import { type Envelope, type SignedRecord, toBase64 } from '@countersign/kernel';
import type { Kysely } from 'kysely';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { ServerError } from '../errors.ts';
import { sortSignatures } from '../ledger/index.ts';
import type { Database } from '../store/index.ts';

export interface PendingRecord {
  readonly digest: string;
  readonly envelope: Envelope;
  readonly needs: string;
  readonly proposedBy: string;
  readonly since: string;
}

/** Records that may wait at once: each costs its payload, and nobody sees the end of a longer list. */
const PENDING_MAX = 1_000;

export async function findPending(
  db: Kysely<Database>,
  digest: string,
): Promise<PendingRecord | undefined> {
  const row = await db
    .selectFrom('pending_record')
    .selectAll()
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row === undefined ? undefined : present(row);
}

/** As `findPending`, and holds off other signers until the transaction ends. */
export async function readPending(
  tx: ServerTransaction,
  digest: string,
): Promise<PendingRecord | undefined> {
  const row = await tx
    .selectFrom('pending_record')
    .selectAll()
    .where('digest', '=', digest)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? undefined : present(row);
}

export async function listPending(
  context: Pick<ServerContext, 'database' | 'workspace'>,
): Promise<readonly PendingRecord[]> {
  const rows = await context.database.db
    .selectFrom('pending_record')
    .selectAll()
    .where('workspace', '=', context.workspace)
    .orderBy('proposed_at')
    .orderBy('digest')
    .limit(PENDING_MAX)
    .execute();
  return rows.map(present);
}

/** Keeps a record until it has its signatures; one that waits already gains these. */
export async function keepPending(
  context: Pick<ServerContext, 'workspace' | 'now'>,
  tx: ServerTransaction,
  at: { readonly record: SignedRecord; readonly needs: string; readonly proposedBy: string },
): Promise<PendingRecord> {
  const { record, needs, proposedBy } = at;
  const before = await readPending(tx, record.digest);
  if (before === undefined) await refuseTooMany(tx);
  const signatures = sortSignatures(merge(before, record));
  const row = {
    digest: record.digest,
    workspace: context.workspace,
    type: record.statement.predicate.type,
    payload_type: record.envelope.payloadType,
    payload: Buffer.from(record.envelope.payload, 'base64'),
    signatures: JSON.stringify(signatures),
    needs,
    proposed_by: proposedBy,
    proposed_at: context.now(),
  };
  const kept = await tx
    .insertInto('pending_record')
    .values(row)
    .onConflict((conflict) =>
      conflict.column('digest').doUpdateSet({ signatures: row.signatures, needs: row.needs }),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
  return present(kept);
}

function merge(before: PendingRecord | undefined, record: SignedRecord) {
  const given = record.envelope.signatures;
  const kept = (before?.envelope.signatures ?? []).filter(
    ({ keyid }) => !given.some((one) => one.keyid === keyid),
  );
  return [...kept, ...given];
}

async function refuseTooMany(tx: ServerTransaction): Promise<void> {
  const { waiting } = await tx
    .selectFrom('pending_record')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow();
  if (Number(waiting) >= PENDING_MAX) {
    throw new ServerError(
      'record_refused',
      `${PENDING_MAX} records await signatures already; sign or withdraw some first`,
    );
  }
}

function present(row: {
  digest: string;
  payload_type: string;
  payload: Uint8Array;
  signatures: Envelope['signatures'];
  needs: string;
  proposed_by: string;
  proposed_at: Date;
}): PendingRecord {
  return {
    digest: row.digest,
    envelope: {
      payloadType: row.payload_type,
      payload: toBase64(row.payload),
      signatures: row.signatures,
    },
    needs: row.needs,
    proposedBy: row.proposed_by,
    since: row.proposed_at.toISOString(),
  };
}
