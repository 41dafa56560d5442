// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type EnrolledKey,
  keyStanding,
  type RecordSet,
  recordsOfType,
} from '@countersign/kernel';

/** Something about whom the firm trusts that is recorded and has not taken effect: time to object. */
export interface TrustNotice {
  /** Of the record that says so. */
  readonly digest: string;
  readonly subject: string;
  readonly text: string;
  /** UTC. */
  readonly takesEffect: string;
  /** When it was logged. */
  readonly since: string;
}

/** What is about to change, soonest first. */
export function trustNotices(set: RecordSet, now: string): readonly TrustNotice[] {
  const keys = [...set.register.values()];
  const coming = [
    ...keys.flatMap((key) => comingKey(set, key, now)),
    ...comingRules(set, now),
    ...comingProviders(set, now),
  ];
  return coming.sort(
    (a, b) => a.takesEffect.localeCompare(b.takesEffect) || a.digest.localeCompare(b.digest),
  );
}

function comingKey(set: RecordSet, key: EnrolledKey, now: string): readonly TrustNotice[] {
  const subject = `key ${key.key.keyid.slice(0, 12)} of ${accountOf(key)}`;
  const duty =
    key.holder.kind === 'person' ? key.holder.roles.join(', ') : `${key.holder.service} service`;
  const endings = key.endings
    .filter(({ at }) => at > now)
    .map((ending) =>
      notice(set, {
        digest: ending.record,
        subject,
        takesEffect: ending.at,
        text: `${PAST[ending.kind]} at ${ending.at}`,
      }),
    );
  if (keyStanding(key, now) !== 'pending') return endings;
  const { enrolledBy: digest, effectiveFrom: takesEffect } = key;
  const text = `counts as ${duty} from ${takesEffect}`;
  return [notice(set, { digest, subject, takesEffect, text }), ...endings];
}

const PAST = {
  suspend: 'is suspended',
  reinstate: 'is reinstated',
  retire: 'is retired',
} as const;

function comingRules(set: RecordSet, now: string): readonly TrustNotice[] {
  return set.rules
    .filter(({ from }) => from > now)
    .map(({ from, quorum, delayHours, record, kind }) =>
      notice(set, {
        digest: record,
        subject: 'administrators',
        takesEffect: from,
        text:
          kind === 'recover'
            ? `a recovery replaces them at ${from}, ${quorum} act together and changes take ${delayHours} h; an administrator stops it with \`countersign founding object ${record.slice(0, 12)}\``
            : `they change at ${from}: ${quorum} act together and changes take ${delayHours} h`,
      }),
    );
}

function comingProviders(set: RecordSet, now: string): readonly TrustNotice[] {
  const documents = recordsOfType(set, 'policy-document').filter(
    ({ statement }) => statement.predicate.kind === 'identity-provider',
  );
  return set.providers.flatMap(({ from, provider }, at) => {
    const document = documents[at];
    if (document === undefined || from <= now) return [];
    const { digest } = document;
    const text = `${provider.issuer} vouches for people from ${from}`;
    return [notice(set, { digest, subject: 'identity provider', takesEffect: from, text })];
  });
}

function notice(set: RecordSet, given: Omit<TrustNotice, 'since'>): TrustNotice {
  return { ...given, since: set.byDigest.get(given.digest)?.loggedAt ?? given.takesEffect };
}
