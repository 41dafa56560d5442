// SPDX-License-Identifier: Apache-2.0
import {
  type LoggedRecord,
  type Primitives,
  parseLogLeaf,
  type RecordType,
  readRecord,
  signatureSetDigest,
  toBase64,
} from '@countersign/kernel';
import type { BlobStore } from '@countersign/pipeline';
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';

interface Reader {
  readonly db: Kysely<Database>;
  readonly blobs: BlobStore;
  readonly primitives: Primitives;
}

/**
 * Records with a place in the log, from index `from` up to but not including `to`, without the headers of decision
 * batches. Each is bound to its leaf: bytes or signatures changed by SQL do not pass.
 * @throws ServerError `ledger_corrupt`
 */
export async function readLogged(
  reader: Reader,
  range: {
    readonly from: number;
    readonly to: number;
    /** Records of these types alone; all unless given. */
    readonly types?: readonly RecordType[];
  },
): Promise<readonly LoggedRecord[]> {
  let query = reader.db
    .selectFrom('log_entry as e')
    .innerJoin('record as r', 'r.digest', 'e.record')
    .select(['e.index', 'e.leaf', 'r.digest', 'r.payload_type', 'r.payload', 'r.signatures'])
    .where('e.index', '>=', range.from)
    .where('e.index', '<', range.to)
    .where('r.type', '<>', 'decision-log')
    .orderBy('e.index');
  if (range.types !== undefined) query = query.where('r.type', 'in', range.types);
  const rows = await query.execute();
  const records: LoggedRecord[] = [];
  for (const row of rows) {
    const payload = row.payload ?? (await reader.blobs.get(row.digest));
    const envelope = {
      payloadType: row.payload_type,
      payload: toBase64(payload),
      signatures: row.signatures,
    };
    const record = readRecord(reader.primitives, envelope);
    const leaf = parseLogLeaf(row.leaf);
    const bound =
      record.digest === row.digest &&
      leaf.payload === record.digest &&
      leaf.signatures === signatureSetDigest(reader.primitives, envelope.signatures);
    if (!bound) {
      throw new ServerError(
        'ledger_corrupt',
        `record ${row.digest} is not the one at index ${row.index} of the log; run \`countersign ledger verify\``,
        { details: { digest: row.digest, index: row.index } },
      );
    }
    records.push({ ...record, index: row.index, loggedAt: leaf.time });
  }
  return records;
}
