// SPDX-License-Identifier: Apache-2.0
import type { Role } from '@countersign/kernel';
import { askedItems, type InboxItem, requestItems } from '../governance/index.ts';
import type { NoticeFacts } from './duties.ts';
import type { Notice, Person } from './notice.ts';

/** A record that awaits signatures: it is in no log yet, so that no record says whose turn it is. */
export interface AwaitingRecord {
  readonly digest: string;
  readonly type: string;
  /** Accounts that have signed it. */
  readonly signedBy: readonly string[];
  /** Accounts that are to hold a key that it enrols. */
  readonly holders: readonly string[];
  /** What it lacks, in words that name the roles. */
  readonly needs: string;
  readonly since: string;
}

/** What an account is to do: requests, findings, attestations. Reviews and what ends have dates, and notices of their own. */
export function waitingNotices(facts: NoticeFacts, person: Person): readonly Notice[] {
  const me = { workspace: facts.workspace, now: facts.now, ...person };
  return [
    ...facts.requests.flatMap((request) => requestItems(request, me)),
    ...askedItems(facts.set, me),
  ].map((item) => ({
    key: keyOf(item),
    kind: 'waiting' as const,
    subject: item.subject,
    text: item.text,
    link: linkOf(item),
    urgent: false,
    record: item.digest,
    audience: { accounts: [person.account] },
  }));
}

function keyOf({ kind, digest, role, since }: InboxItem): string {
  // Somebody may be named again on the same request.
  const part = kind === 'mention' ? since : role;
  return `waiting:${kind}:${digest}${part === undefined ? '' : `:${part}`}`;
}

function linkOf({ kind, digest }: InboxItem): string {
  if (kind === 'finding') return '/findings';
  if (kind === 'attest') return '/inbox';
  return `/changes/${digest}`;
}

const NAMEABLE: readonly Role[] = [
  'administrator',
  'model-risk',
  'validator',
  'legal',
  'compliance',
  'executive',
  'model-owner',
];

/** Records that lack signatures, for those who could give one and have not. */
export function awaitingNotices(records: readonly AwaitingRecord[]): readonly Notice[] {
  return records.map(({ digest, type, signedBy, holders, needs }) => {
    const named = NAMEABLE.filter((role) => needs.includes(role));
    return {
      key: `waiting:signature:${digest}`,
      kind: 'waiting' as const,
      subject: `${type} ${digest.slice(0, 12)}`,
      text: `waits for signatures: ${needs}`,
      link: '/inbox',
      urgent: false,
      record: digest,
      audience: {
        accounts: holders.filter((account) => !signedBy.includes(account)),
        roles: named.length === 0 ? ['administrator', 'model-risk'] : named,
        except: ({ account }) => signedBy.includes(account),
      },
    };
  });
}
