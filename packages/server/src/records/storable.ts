// SPDX-License-Identifier: Apache-2.0
import { VERSION_MAX } from '@countersign/contract';
import { isUtcTime, type Json, KernelError, type SignedRecord } from '@countersign/kernel';
import { referencesOf } from '../ledger/index.ts';

/** Of the path of a digest within a record: an index row of PostgreSQL holds 2,704 bytes, two digests beside it. */
const PATH_BYTES_MAX = 2_000;
/** PostgreSQL's calendar has no year 0. */
const FIRST_TIME = '0001-01-01T00:00:00.000Z';

/**
 * Refuses a person's record whose columns the database cannot hold, before anything is written.
 * @throws KernelError `record_malformed` naming the member
 */
export function refuseUnstorable(record: SignedRecord): void {
  const { predicate } = record.statement;
  const { kind, actor, claimedAt, subjectRef } = predicate;
  if (kind?.includes('\0') === true) throw malformed('predicate.kind', 'without U+0000');
  if (actor.includes('\0')) throw malformed('predicate.actor', 'without U+0000');
  if (!isUtcTime(claimedAt) || claimedAt < FIRST_TIME) {
    throw malformed('predicate.claimedAt', 'a day of the calendar, from the year 1 on');
  }
  if ((subjectRef.version ?? 0) > VERSION_MAX) {
    throw malformed('predicate.subjectRef.version', `${VERSION_MAX} at most`);
  }
  // A statement is readonly JSON with optional members, which TypeScript does not see as Json.
  for (const { to, path } of referencesOf(record.statement as unknown as Json)) {
    if (path.includes('\0') || Buffer.byteLength(path) > PATH_BYTES_MAX) {
      const at = path.replaceAll('\0', '\ufffd').slice(0, 100);
      throw malformed(
        at,
        `reached by names without U+0000 and of ${PATH_BYTES_MAX} bytes together: it holds the digest ${to}`,
      );
    }
  }
}

function malformed(path: string, expected: string): KernelError {
  return new KernelError('record_malformed', `\`${path}\` must be ${expected}`, { path });
}
