// SPDX-License-Identifier: Apache-2.0
import { isTrustRecord, recordsOfType } from '@countersign/kernel';
import { trustNotices } from '../governance/index.ts';
import { CHANNELS_KIND } from './channels.ts';
import { type NoticeFacts, ownerAnd, subjectOf } from './duties.ts';
import type { Notice } from './notice.ts';
import { isRecent } from './thresholds.ts';

/** What happened in the last week and somebody must know at once. */
export function eventNotices(facts: NoticeFacts): readonly Notice[] {
  return [...endings(facts), ...breaches(facts), ...trustChanges(facts), ...channelChanges(facts)];
}

const ENDINGS: Readonly<Record<string, string>> = {
  revoke: 'the warrant was revoked',
  suspend: 'the warrant was suspended',
  retire: 'the warrant was retired',
  resume: 'the warrant was resumed',
};

function endings(facts: NoticeFacts): readonly Notice[] {
  return recordsOfType(facts.set, 'deployment-record').flatMap((record) => {
    const { kind = '', subjectRef, actor, content } = record.statement.predicate;
    const what = ENDINGS[kind];
    const isOurs = subjectRef.workspace === facts.workspace && isRecent(record.loggedAt, facts.now);
    if (what === undefined || !isOurs) return [];
    const reason = typeof content.reason === 'string' ? `: ${content.reason}` : '';
    return [
      {
        key: `warrant-ended:${record.digest}`,
        kind: 'warrant-ended' as const,
        subject: subjectOf(subjectRef),
        text: `${what} by ${actor}${reason}`,
        link: `/records/${record.digest}`,
        urgent: true,
        record: record.digest,
        audience: ownerAnd(facts, subjectRef.model, {
          roles: ['model-risk', 'validator', 'operator', 'developer'],
        }),
      },
    ];
  });
}

function breaches(facts: NoticeFacts): readonly Notice[] {
  return recordsOfType(facts.set, 'monitoring-result').flatMap((record) => {
    const { subjectRef, content } = record.statement.predicate;
    const { breaches: broken } = content;
    const isOurs = subjectRef.workspace === facts.workspace && isRecent(record.loggedAt, facts.now);
    if (!Array.isArray(broken) || broken.length === 0 || !isOurs) return [];
    return [
      {
        key: `breach:${record.digest}`,
        kind: 'breach' as const,
        subject: subjectOf(subjectRef),
        text: `monitoring found limits broken: ${broken.map(String).join(', ')}`,
        link: `/records/${record.digest}`,
        urgent: true,
        record: record.digest,
        audience: ownerAnd(facts, subjectRef.model, {
          roles: ['model-risk', 'validator', 'operator'],
        }),
      },
    ];
  });
}

const TRUST_WORDS: Readonly<Record<string, string>> = {
  'key-enrolment': 'a key was enrolled',
  'key-change': 'a key was suspended, reinstated or retired',
  'founding-rotation': 'the administrators change',
  'policy-document': 'the identity provider changes',
};

/** A delay without notice to all would be a wait, not a safeguard (design.md, section 5). */
function trustChanges(facts: NoticeFacts): readonly Notice[] {
  const { set, now } = facts;
  const coming = new Map(trustNotices(set, now).map((one) => [one.digest, one]));
  return set.records.flatMap((record) => {
    const { predicate } = record.statement;
    if (!isTrustRecord(predicate) || predicate.type === 'founding') return [];
    const pending = coming.get(record.digest);
    if (pending === undefined && !isRecent(record.loggedAt, now)) return [];
    const words = TRUST_WORDS[predicate.type] ?? 'whom the firm trusts changes';
    return [
      {
        key: `trust-change:${record.digest}`,
        kind: 'trust-change' as const,
        subject: pending?.subject ?? words,
        text:
          pending === undefined
            ? `${words} by ${predicate.actor}, and counts`
            : `${words} by ${predicate.actor}: ${pending.text}`,
        link: `/records/${record.digest}`,
        ...(pending === undefined ? {} : { due: pending.takesEffect }),
        urgent: true,
        record: record.digest,
        audience: { everybody: true },
      },
    ];
  });
}

/** Goes out by the channels that are in force still, while those of the document wait for their delay. */
function channelChanges({ set, now }: NoticeFacts): readonly Notice[] {
  return recordsOfType(set, 'policy-document').flatMap((record) => {
    const { kind, actor } = record.statement.predicate;
    if (kind !== CHANNELS_KIND || !isRecent(record.loggedAt, now)) return [];
    return [
      {
        key: `channels-change:${record.digest}`,
        kind: 'channels-change' as const,
        subject: 'where notices go',
        text: `mail server and webhooks were set anew by ${actor} and a second person`,
        link: `/records/${record.digest}`,
        urgent: true,
        record: record.digest,
        audience: { roles: ['administrator', 'model-risk', 'auditor'] },
      },
    ];
  });
}
