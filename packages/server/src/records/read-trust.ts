// SPDX-License-Identifier: Apache-2.0
import {
  isTrustRecord,
  type Primitives,
  type RecordSet,
  type RecordType,
  recordSet,
} from '@countersign/kernel';
import type { BlobStore } from '@countersign/pipeline';
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import { readLogged } from './read-logged.ts';

const TYPES: readonly RecordType[] = [
  'founding',
  'key-enrolment',
  'key-change',
  'founding-rotation',
  'policy-document',
];

/**
 * Whom the firm trusts, from the database's log before anything is served from it; undefined while the log is empty.
 * @throws ServerError `founding_mismatch`, `ledger_corrupt`
 */
export async function readTrust(
  reader: {
    readonly db: Kysely<Database>;
    readonly blobs: BlobStore;
    readonly primitives: Primitives;
  },
  root: string,
): Promise<RecordSet | undefined> {
  const range = { from: 0, to: Number.MAX_SAFE_INTEGER, types: TYPES };
  const entries = (await readLogged(reader, range)).filter(({ statement }) =>
    isTrustRecord(statement.predicate),
  );
  if (entries.length === 0) return undefined;
  const result = recordSet(reader.primitives, root, entries);
  if (result.ok) return result.set;
  throw new ServerError(
    'founding_mismatch',
    `this data is not of the firm founded by ${root}: ${result.reason}; check the data directory and the database URL`,
    { details: { root } },
  );
}
