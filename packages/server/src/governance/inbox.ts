// SPDX-License-Identifier: Apache-2.0
import { approvalConflict, type GateVerdict, type RecordSet, type Role } from '@countersign/kernel';
import { modelSet } from '../records/index.ts';
import { type ChangeRequestSummary, listChangeRequests } from './change-requests.ts';
import { discussionItems } from './discussion-items.ts';
import { promotionVerdict } from './promotion-verdict.ts';
import { dayOf, type RegisterItem, registerItems } from './register-items.ts';
import { trustNotices } from './trust-notices.ts';
import { listWarrants } from './warrants.ts';

export interface InboxItem {
  readonly kind:
    | 'approve'
    | 'assess'
    | 'promote'
    | 'finding'
    | 'review'
    | 'attest'
    | 'overlay'
    | 'expiry'
    | 'notice'
    | 'mention';
  /** What to open: a change request, finding or warrant, by digest. */
  readonly digest: string;
  readonly subject: string;
  readonly text: string;
  readonly role?: Role;
  readonly about?: RegisterItem['about'];
  readonly since: string;
}

/** Days before expiry at which a warrant begins to warn (design.md, section 5). */
const EXPIRY_DAYS = [60, 30, 7] as const;

/** What waits for an account, from records alone, oldest first. */
export function inbox(set: RecordSet, me: Me): readonly InboxItem[] {
  const items = [
    ...openRequests(set, me).flatMap((request) => requestItems(request, me)),
    ...registerItems(set, me),
    ...expiring(set, me),
    ...notices(set, me),
  ];
  return items.sort((a, b) => a.since.localeCompare(b.since));
}

/** A request that somebody may still act on, with the records that it is judged by. */
export interface OpenRequest {
  readonly set: RecordSet;
  readonly summary: ChangeRequestSummary;
  /** What a warrant still needs, judged at the time. */
  readonly verdict: GateVerdict;
}

/** Requests that wait for anybody: judged once for all whom they might wait for. */
export function openRequests(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string; readonly model?: string | undefined },
): readonly OpenRequest[] {
  return listChangeRequests(set, at)
    .filter(
      ({ state, subject }) =>
        (state === 'open' || state === 'ready') && subject.workspace === at.workspace,
    )
    .map((summary) => {
      // By the firm's records and its model's: the whole log would be read for each.
      const own = modelSet(set, at.workspace, summary.subject.model ?? '');
      return { set: own, summary, verdict: promotionVerdict(own, summary.digest, at.now) };
    });
}

interface Me {
  readonly workspace: string;
  readonly account: string;
  readonly roles: readonly Role[];
  readonly now: string;
}

/** What an account is to do about a request. */
export function requestItems(
  { set, summary: request, verdict }: OpenRequest,
  me: Me,
): readonly InboxItem[] {
  const { model, version, use } = request.subject;
  const about = {
    digest: request.digest,
    subject: `${model}@${version} for ${use} to ${request.transition}`,
    since: request.submittedAt,
  };
  const items: InboxItem[] = [
    ...discussionItems(set, request, { account: me.account, subject: about.subject }),
  ];
  for (const role of approvalsOpenTo(set, request.digest, { verdict, me })) {
    items.push({ ...about, kind: 'approve', role, text: `approve or reject as ${role}` });
  }
  const unassessed = verdict.conditions.find(
    ({ id, outcome }) => id === 'independent-validation' && outcome === 'fail',
  );
  const isValidator = unassessed !== undefined && me.roles.includes('validator');
  const barred = isValidator
    ? conflictListed(set, request.digest, { ...me, role: 'validator' })
    : undefined;
  if (isValidator && barred === undefined) {
    items.push({
      ...about,
      kind: 'assess',
      role: 'validator',
      text: unassessed.reasons.join('; '),
    });
  }
  const mayPromote = me.roles.some((role) => role === 'model-owner' || role === 'operator');
  if (request.state === 'ready' && (mayPromote || request.submitter === me.account)) {
    items.push({ ...about, kind: 'promote', text: 'nothing is missing: promote' });
  }
  return items;
}

/** Roles of mine whose approval the request still lacks and that no computed conflict bars. */
function approvalsOpenTo(
  set: RecordSet,
  digest: string,
  at: { readonly verdict: GateVerdict; readonly me: Me },
): readonly Role[] {
  const { verdict, me } = at;
  const done = verdict.approvals.some(({ given }) =>
    given.some(({ account }) => account === me.account),
  );
  if (done) return [];
  return verdict.approvals
    .filter(({ role, needed, given }) => me.roles.includes(role) && given.length < needed)
    .filter(({ role }) => conflictListed(set, digest, { ...me, role }) === undefined)
    .map(({ role }) => role);
}

interface Asked {
  readonly account: string;
  readonly role: Role;
  readonly now: string;
}

/** By the request's own set of records, which is never changed: the conflict of an account and a role with a request. */
const CONFLICTS = new WeakMap<RecordSet, Map<string, string | undefined>>();

/**
 * Whether something is listed as waiting. Who built what does not change with the time, so it is kept for the records
 * that say it; an approval itself is judged anew when it is signed and by every gate.
 */
function conflictListed(set: RecordSet, digest: string, who: Asked): string | undefined {
  const known = CONFLICTS.get(set) ?? new Map<string, string | undefined>();
  CONFLICTS.set(set, known);
  const key = JSON.stringify([digest, who.account, who.role]);
  if (!known.has(key)) known.set(key, approvalConflict(set, digest, who));
  return known.get(key);
}

/** Whom the firm is about to trust concerns everybody: a delay without notice would be a wait, not a safeguard. */
function notices(set: RecordSet, me: Me): readonly InboxItem[] {
  return trustNotices(set, me.now).map(({ digest, subject, text, since }) => ({
    kind: 'notice' as const,
    digest,
    subject,
    text,
    since,
  }));
}

function expiring(set: RecordSet, me: Me): readonly InboxItem[] {
  if (!me.roles.some((role) => role === 'model-owner' || role === 'model-risk')) return [];
  return listWarrants(set, { workspace: me.workspace, now: me.now, live: true }).flatMap((one) => {
    const passed = EXPIRY_DAYS.filter((days) => one.daysLeft <= days).at(-1);
    if (passed === undefined) return [];
    return [
      {
        kind: 'expiry' as const,
        digest: one.digest,
        subject: `${one.model}@${one.version} for ${one.use} in ${one.environment}`,
        text: `the warrant expires on ${dayOf(one.expires)}, in ${one.daysLeft} days`,
        since: one.loggedAt,
      },
    ];
  });
}
