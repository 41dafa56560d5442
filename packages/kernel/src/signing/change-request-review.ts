// SPDX-License-Identifier: Apache-2.0
import { type ChangeRequest, readChangeRequest } from '../gates/change-request.ts';
import { approvalConflict, type GateVerdict } from '../gates/evaluate.ts';
import { judgeChangeRequest } from '../gates/rules.ts';
import { accountOf, actsAs, isInForce } from '../identity/key-register.ts';
import { ROLES, type Role } from '../identity/roles.ts';
import {
  asOfIndex,
  type CountedRecord,
  type RecordSet,
  recordsOfType,
} from '../records/record-set.ts';
import type { SubjectRef } from '../records/statement.ts';
import { wellFormedWarrant } from '../warrants/warrant.ts';

/** A change request as recomputed by whoever is to sign it, from records they verified themselves. */
export interface ChangeRequestReview {
  readonly digest: string;
  readonly subject: SubjectRef;
  readonly submitter: string;
  readonly submittedAt: string;
  readonly request: ChangeRequest;
  /** What a warrant still needs, judged at `now`. */
  readonly verdict: GateVerdict;
  readonly submitVerdict: GateVerdict;
  /** The warrant that it led to, whether or not it still holds. */
  readonly promotion?: Promotion;
}

export interface Promotion {
  readonly warrant: string;
  readonly loggedAt: string;
  readonly expires: string;
  /** On what the log held when the warrant was given. */
  readonly verdict: GateVerdict;
}

/** The record of a change request, or why none of that digest counts. */
export function changeRequestRecord(
  set: RecordSet,
  digest: string,
): { readonly record: CountedRecord } | { readonly refused: string } {
  const record = set.byDigest.get(digest);
  if (record?.statement.predicate.type === 'change-record') return { record };
  const rejected = set.rejected.find((one) => one.digest === digest);
  const why = rejected === undefined ? '' : `: ${rejected.reason}`;
  return { refused: `no change request \`${digest.slice(0, 12)}\` counts in the log${why}` };
}

/**
 * Judges a change request again from verified records (design.md, section 5: `approve` recomputes what it signs).
 * @param now UTC with milliseconds
 */
export function changeRequestReview(
  set: RecordSet,
  digest: string,
  now: string,
): { readonly review: ChangeRequestReview } | { readonly refused: string } {
  const found = changeRequestRecord(set, digest);
  if ('refused' in found) return found;
  const { subjectRef, actor, content } = found.record.statement.predicate;
  return {
    review: {
      digest,
      subject: subjectRef,
      submitter: actor,
      submittedAt: found.record.loggedAt,
      request: readChangeRequest(content),
      verdict: judgeChangeRequest(set, digest, { phase: 'promote', now }),
      submitVerdict: judgeChangeRequest(set, digest, { phase: 'submit', now }),
      ...promotionOf(set, digest),
    },
  };
}

/** Judged as `verifyWarrant` judges it: a gate that lapsed since says nothing of the day of the promotion. */
function promotionOf(set: RecordSet, digest: string): { readonly promotion?: Promotion } {
  const found = recordsOfType(set, 'deployment-record')
    .map(wellFormedWarrant)
    .findLast((one) => one?.warrant.changeRequest === digest);
  if (found === undefined) return {};
  const { index, loggedAt, digest: warrant } = found.record;
  const at = { phase: 'promote', now: loggedAt } as const;
  const verdict = judgeChangeRequest(asOfIndex(set, index), digest, at);
  return { promotion: { warrant, loggedAt, expires: found.warrant.expires, verdict } };
}

/** Whether a later judgement of the same request differs in what holds, who signed or what is missing. */
export function isJudgedOtherwise(then: GateVerdict, now: GateVerdict): boolean {
  const told = ({ conditions, approvals, missing }: GateVerdict) =>
    JSON.stringify([
      conditions.map(({ id, outcome }) => [id, outcome]),
      approvals.map(({ gate, role, needed, given }) => [gate, role, needed, given.length]),
      missing,
    ]);
  return told(then) !== told(now);
}

export interface OpenRole {
  readonly role: Role;
  readonly gate: string;
  readonly meaning: string;
  /** `key`: policy takes no passkey here. */
  readonly signing?: 'key';
  /** What keeps the account from this role on this version, as computed here. */
  readonly conflict: string | undefined;
}

/** The approvals that policy asks for and an account could give with the roles of its keys. */
export function rolesOpenTo(
  set: RecordSet,
  review: ChangeRequestReview,
  who: { readonly account: string; readonly roles: readonly Role[]; readonly now: string },
): readonly OpenRole[] {
  return review.verdict.approvals
    .filter(({ role }) => who.roles.includes(role))
    .map(({ role, gate, meaning, signing }) => {
      return {
        role,
        gate,
        meaning,
        ...(signing === undefined ? {} : { signing }),
        conflict: approvalConflict(set, review.digest, {
          account: who.account,
          role,
          now: who.now,
        }),
      };
    });
}

/** Roles in which an account's keys in force count on the request's model, external validators among validators. */
export function rolesActedIn(
  set: RecordSet,
  review: ChangeRequestReview,
  who: { readonly account: string; readonly now: string },
): readonly Role[] {
  const keys = [...set.register.values()].filter(
    (key) =>
      key.holder.kind === 'person' && accountOf(key) === who.account && isInForce(key, who.now),
  );
  return ROLES.filter((role) => keys.some((key) => actsAs(key, role, review.subject.model)));
}
