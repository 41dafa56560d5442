// SPDX-License-Identifier: Apache-2.0
import {
  afterReviewOf,
  attestationCampaigns,
  endOfDay,
  type ReviewEntry,
  reviewConflict,
} from '@countersign/kernel';
import { findingsRegister } from '../governance/index.ts';
import { type NoticeFacts, ownerAnd, subjectOf } from './duties.ts';
import type { Notice, Person } from './notice.ts';
import { DUE_DAYS, LAPSE_DAYS, markOf } from './thresholds.ts';

/** Work that somebody owes by a date. */
export function dueNotices(facts: NoticeFacts): readonly Notice[] {
  return [...findings(facts), ...reviews(facts), ...afterReviews(facts), ...attestations(facts)];
}

function findings(facts: NoticeFacts): readonly Notice[] {
  return findingsRegister(facts.set, facts).flatMap((finding) => {
    const { status, due, owner, title, condition } = finding.content;
    if (status === 'closed' || status === 'accepted') return [];
    const until = endOfDay(String(due));
    if (until === undefined) return [];
    const mark = markOf(until, facts.now, { days: DUE_DAYS, again: true });
    if (mark === undefined) return [];
    const kind = condition === undefined ? ('finding-due' as const) : ('condition-due' as const);
    const isLate = until <= facts.now;
    return [
      {
        key: `${kind}:${finding.digest}:${mark.name}`,
        kind,
        subject: `${finding.model} ${finding.id}`,
        text: `${title}: ${isLate ? 'was due' : 'is due'} ${mark.when}, and is ${status}`,
        link: '/findings',
        due: until,
        urgent: mark.urgent,
        record: finding.digest,
        audience: ownerAnd(facts, finding.model, {
          accounts: [String(owner)],
          // Who judges the answer hears of it once it is late, model risk of every condition: it restricts the warrant.
          roles: isLate || condition !== undefined ? ['model-risk'] : [],
        }),
      },
    ];
  });
}

const REVIEWERS = ['validator', 'model-risk'] as const;

function reviews(facts: NoticeFacts): readonly Notice[] {
  return facts.reviews.flatMap((one) => [
    ...reviewDue(facts, one),
    ...one.triggers.map(
      (trigger): Notice => ({
        key: `waiting:review:${trigger.record}:${one.model}:${one.use}`,
        kind: 'waiting',
        subject: subjectOf(one),
        text: `review, called for by: ${trigger.text}`,
        link: '/reviews',
        urgent: false,
        record: trigger.record,
        audience: { roles: REVIEWERS, except: (person) => isBarred(facts, one, person) },
      }),
    ),
  ]);
}

function reviewDue(facts: NoticeFacts, one: ReviewEntry): readonly Notice[] {
  const { from, due } = one;
  if (from === undefined || due === undefined) return [];
  const mark = markOf(due, facts.now, { days: LAPSE_DAYS, again: true });
  if (mark === undefined) return [];
  return [
    {
      key: `review-due:${from.record}:${one.model}:${one.use}:${mark.name}`,
      kind: 'review-due',
      subject: subjectOf(one),
      text: `the periodic review ${due <= facts.now ? 'was due' : 'is due'} ${mark.when}`,
      link: '/reviews',
      due,
      urgent: mark.urgent,
      record: from.record,
      audience: ownerAnd(facts, one.model, {
        roles: REVIEWERS,
        except: (person) => isBarred(facts, one, person),
      }),
    },
  ];
}

/** Whoever built a version of it does not review it: nothing waits for them. */
function isBarred({ set }: NoticeFacts, use: ReviewEntry, person: Person): boolean {
  const { account } = person;
  const held = REVIEWERS.filter((role) => person.roles.includes(role));
  return (
    held.length > 0 &&
    held.every((role) => reviewConflict(set, use, { account, role }) !== undefined)
  );
}

function afterReviews(facts: NoticeFacts): readonly Notice[] {
  const { set, now } = facts;
  return facts.warrants.flatMap((one) => {
    const record = set.byDigest.get(one.digest);
    const { class: stated } =
      set.byDigest.get(one.changeRequest)?.statement.predicate.content ?? {};
    // Of no other class a review after the fact is due; its policy need not be read for that.
    if (record === undefined || stated !== 'emergency') return [];
    if (one.endedBy.length > 0 || one.expires <= now) return [];
    const review = afterReviewOf(set, { record, changeRequest: one.changeRequest });
    if (review === undefined || review.review !== undefined) return [];
    const mark = markOf(review.due, now, { days: DUE_DAYS, again: true });
    if (mark === undefined) return [];
    const isMissed = review.due <= now;
    return [
      {
        key: `after-review-due:${one.digest}:${mark.name}`,
        kind: 'after-review-due' as const,
        subject: subjectOf(one),
        text: `the review of the emergency change ${isMissed ? 'was due' : 'is due'} ${mark.when}${isMissed ? '; without it the warrant is restricted' : ''}`,
        link: `/changes/${one.changeRequest}`,
        due: review.due,
        urgent: mark.urgent,
        record: one.digest,
        audience: ownerAnd(facts, one.model, { roles: REVIEWERS }),
      },
    ];
  });
}

function attestations(facts: NoticeFacts): readonly Notice[] {
  return attestationCampaigns(facts.set, facts).flatMap((one) => {
    const due = endOfDay(one.due);
    const owners = one.answers
      .filter(({ state }) => state === 'waiting' || state === 'stale')
      .map(({ owner }) => owner);
    if (due === undefined || owners.length === 0) return [];
    const mark = markOf(due, facts.now, { days: [7, 1], again: true });
    if (mark === undefined) return [];
    const isLate = due <= facts.now;
    return [
      {
        key: `attestation-due:${one.digest}:${mark.name}`,
        kind: 'attestation-due' as const,
        subject: one.campaign,
        text: `${one.title}: owners ${isLate ? 'were to' : 'are to'} confirm their inventory entries ${mark.when}`,
        link: '/inbox',
        due,
        urgent: mark.urgent,
        record: one.digest,
        audience: { accounts: owners, roles: isLate ? ['model-risk'] : [] },
      },
    ];
  });
}
