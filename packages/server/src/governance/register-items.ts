// SPDX-License-Identifier: Apache-2.0
import {
  attestationCampaigns,
  type FindingEntry,
  overlaysRegister,
  type RecordSet,
  type Role,
  reviewConflict,
  reviewSchedule,
} from '@countersign/kernel';
import { findingsRegister } from './findings.ts';

interface Me {
  readonly workspace: string;
  readonly account: string;
  readonly roles: readonly Role[];
  readonly now: string;
}

export interface RegisterItem {
  readonly kind: 'finding' | 'review' | 'attest' | 'overlay';
  readonly digest: string;
  readonly subject: string;
  readonly text: string;
  readonly role?: Role;
  /** What a page of its own is about. */
  readonly about?: {
    readonly model: string;
    readonly use?: string;
    readonly finding?: string;
    readonly campaign?: string;
  };
  readonly since: string;
}

/** What waits for an account in the registers: findings to answer or judge, reviews, attestations, overlays that end. */
export function registerItems(set: RecordSet, me: Me): readonly RegisterItem[] {
  return [...askedItems(set, me), ...reviews(set, me), ...overlays(set, me)];
}

/** What somebody asked of an account: findings and attestations. */
export function askedItems(set: RecordSet, me: Me): readonly RegisterItem[] {
  return [...findings(set, me), ...attestations(set, me)];
}

function findings(set: RecordSet, me: Me): readonly RegisterItem[] {
  return findingsRegister(set, { workspace: me.workspace, now: me.now }).flatMap((finding) => {
    const text = findingText(finding, me);
    if (text === undefined) return [];
    const { model, id, digest, raisedAt: since } = finding;
    const about = { model, finding: id };
    return [{ kind: 'finding' as const, digest, subject: `${model} ${id}`, text, about, since }];
  });
}

function findingText(finding: FindingEntry, me: Me): string | undefined {
  const { id, content, raisedBy, overdue } = finding;
  const isMine = content.owner === me.account;
  if (isMine && (content.status === 'open' || content.status === 'extended'))
    return `respond to ${id} by ${dayOf(content.due)}: ${content.title}`;
  if (isMine && overdue && content.status !== 'closed') {
    return content.status === 'accepted'
      ? `the accepted risk of ${id} has lapsed: ${content.title}`
      : `${id} is overdue since ${dayOf(content.due)}: ${content.title}`;
  }
  const isJudge = raisedBy === me.account && me.roles.includes('validator');
  return isJudge && content.status === 'responded' && content.respondedBy !== me.account
    ? `retest or close ${id}: ${content.title}`
    : undefined;
}

function reviews(set: RecordSet, me: Me): readonly RegisterItem[] {
  const role = (['validator', 'model-risk'] as const).find((one) => me.roles.includes(one));
  if (role === undefined) return [];
  return reviewSchedule(set, me).flatMap((one) => {
    const { state, from, due = '', triggers, model, use } = one;
    if (state === 'unstarted' || state === 'current' || from === undefined) return [];
    if (reviewConflict(set, one, { account: me.account, role }) !== undefined) return [];
    const because = triggers.map(({ text }) => text).join('; ');
    const text = state === 'triggered' ? `review, called for by: ${because}` : dueText(state, due);
    return [
      {
        kind: 'review' as const,
        digest: from.record,
        subject: `${model} for ${use}`,
        text,
        role,
        about: { model, use },
        since: triggers[0]?.at ?? from.at,
      },
    ];
  });
}

function dueText(state: string, due: string): string {
  return state === 'overdue'
    ? `review, overdue since ${dayOf(due)}`
    : `review, due by ${dayOf(due)}`;
}

/** Of a time or a day, as people note it. */
export function dayOf(at: string): string {
  return at.slice(0, 10);
}

function attestations(set: RecordSet, me: Me): readonly RegisterItem[] {
  return attestationCampaigns(set, me).flatMap(({ campaign, title, due, answers, openedAt }) =>
    answers
      .filter(({ owner, state }) => owner === me.account && isAsked(state))
      .map(({ entry, model }) => ({
        kind: 'attest' as const,
        digest: entry,
        subject: model,
        text: `confirm the inventory entry for ${campaign} by ${dayOf(due)}: ${title}`,
        about: { model, campaign },
        since: openedAt,
      })),
  );
}

function isAsked(state: string): boolean {
  return state === 'waiting' || state === 'stale';
}

const OVERLAY_DAYS = 30;

/** Overlays of mine that end soon or have lapsed without being ended. */
function overlays(set: RecordSet, me: Me): readonly RegisterItem[] {
  return overlaysRegister(set, me)
    .filter(({ authority, by }) => authority === me.account || by === me.account)
    .filter(
      ({ state, daysLeft }) =>
        state === 'expired' || (state === 'active' && daysLeft <= OVERLAY_DAYS),
    )
    .map(({ digest, model, id, segment, expires, since, state }) => ({
      kind: 'overlay' as const,
      digest,
      subject: `${model} ${id}`,
      text: `the overlay of ${segment} ${state === 'expired' ? 'expired' : 'expires'} on ${dayOf(expires)}: end it or add a new one`,
      since,
    }));
}
