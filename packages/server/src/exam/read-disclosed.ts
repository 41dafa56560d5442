// SPDX-License-Identifier: Apache-2.0
import {
  type LoggedRecord,
  parseLogLeaf,
  type RecordType,
  readRecord,
  toBase64,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

interface Disclosure {
  readonly size: number;
  readonly bulkTypes: readonly RecordType[];
  /** Entries among which records of the bulk types are read too. */
  readonly bulkRange: { readonly from: number; readonly to: number };
  readonly bulkMax: number;
}

const PAGE_ENTRIES = 1_000;

/**
 * Records of the log up to a size, those of the bulk types in one range only. The package's reader proves each against
 * its leaf, so bytes that SQL changed are found there.
 * @throws ServerError `request_malformed` when the range holds more bulk records than a package takes
 */
export async function readDisclosed(
  context: Pick<ServerContext, 'database' | 'blobs' | 'primitives'>,
  disclosure: Disclosure,
): Promise<readonly LoggedRecord[]> {
  await refuseTooMany(context, disclosure);
  const records: LoggedRecord[] = [];
  for (let from = 0; from < disclosure.size; from += PAGE_ENTRIES) {
    records.push(...(await readPage(context, from, disclosure)));
  }
  return records;
}

async function refuseTooMany(
  context: Pick<ServerContext, 'database'>,
  { bulkTypes, bulkRange, bulkMax }: Disclosure,
): Promise<void> {
  const { count } = await context.database.db
    .selectFrom('log_entry as e')
    .innerJoin('record as r', 'r.digest', 'e.record')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('r.type', 'in', bulkTypes)
    .where('e.index', '>=', bulkRange.from)
    .where('e.index', '<', bulkRange.to)
    .executeTakeFirstOrThrow();
  if (Number(count) <= bulkMax) return;
  throw new ServerError(
    'request_malformed',
    `the period holds ${String(count)} batch headers, a package takes ${bulkMax}: ask for a shorter period, or for \`bulk=digests\``,
    { details: { field: 'bulk' } },
  );
}

async function readPage(
  context: Pick<ServerContext, 'database' | 'blobs' | 'primitives'>,
  from: number,
  { size, bulkTypes, bulkRange }: Disclosure,
): Promise<readonly LoggedRecord[]> {
  const rows = await context.database.db
    .selectFrom('log_entry as e')
    .innerJoin('record as r', 'r.digest', 'e.record')
    .select(['e.index', 'e.leaf', 'r.digest', 'r.payload_type', 'r.payload', 'r.signatures'])
    .where('e.index', '>=', from)
    .where('e.index', '<', Math.min(size, from + PAGE_ENTRIES))
    .where(({ eb, or, and }) =>
      or([
        eb('r.type', 'not in', bulkTypes),
        and([eb('e.index', '>=', bulkRange.from), eb('e.index', '<', bulkRange.to)]),
      ]),
    )
    .orderBy('e.index')
    .execute();
  const records: LoggedRecord[] = [];
  for (const row of rows) {
    const payload = row.payload ?? (await context.blobs.get(row.digest));
    const envelope = {
      payloadType: row.payload_type,
      payload: toBase64(payload),
      signatures: row.signatures,
    };
    const record = readRecord(context.primitives, envelope);
    records.push({ ...record, index: row.index, loggedAt: parseLogLeaf(row.leaf).time });
  }
  return records;
}
