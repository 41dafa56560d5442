// SPDX-License-Identifier: Apache-2.0
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { type RetentionPolicy, readRetentionPolicy } from './retention-policy.ts';

export const RETENTION_POLICY_KIND = 'retention';

/**
 * Days during which what a policy kept is still kept after a later one no longer does: a period that was shortened cannot
 * be used on the day of its signing, and whoever watches the log has time to object. What is lengthened holds at once.
 */
export const SHORTENING_NOTICE_DAYS = 30;
const DAY_MS = 86_400_000;

/** A policy that still decides at a time; the newest has no `until`. */
export interface PolicyInForce {
  /** Digest of its record; undefined for the time before the first policy, when everything was kept. */
  readonly digest: string | undefined;
  readonly policy: RetentionPolicy | undefined;
  /** Replaced: it keeps what it keeps until then. */
  readonly until?: string;
}

/**
 * The policies that a thing is judged under at a time: the newest, and those it replaced less than the notice ago. The
 * longest of them wins. A firm in demonstration mode has no notice, as it has no other delay.
 */
export function retentionPolicies(set: RecordSet, at: string): readonly PolicyInForce[] {
  const noticeMs = set.founding.demonstration ? 0 : SHORTENING_NOTICE_DAYS * DAY_MS;
  const documents = recordsOfType(set, 'policy-document').flatMap((record) => {
    if (record.statement.predicate.kind !== RETENTION_POLICY_KIND) return [];
    const policy = readable(record);
    if (policy === undefined || record.loggedAt > at) return [];
    return [{ digest: record.digest, policy, from: record.loggedAt }];
  });
  const before = { digest: undefined, policy: undefined, from: '' };
  return [before, ...documents].flatMap(({ digest, policy }, place) => {
    const replaced = documents[place]?.from;
    if (replaced === undefined) return [{ digest, policy }];
    const until = new Date(Date.parse(replaced) + noticeMs).toISOString();
    return until > at ? [{ digest, policy, until }] : [];
  });
}

/** Of records, which never change: a sweep asks for every few things that it deletes. */
const READ = new WeakMap<CountedRecord, RetentionPolicy | 'unreadable'>();

/** A policy that cannot be read keeps nothing and allows nothing: the one before it stays. */
function readable(record: CountedRecord): RetentionPolicy | undefined {
  const known = READ.get(record) ?? read(record);
  READ.set(record, known);
  return known === 'unreadable' ? undefined : known;
}

function read(record: CountedRecord): RetentionPolicy | 'unreadable' {
  try {
    return readRetentionPolicy(record.statement.predicate.content.retention);
  } catch {
    return 'unreadable';
  }
}
