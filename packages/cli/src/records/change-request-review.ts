// SPDX-License-Identifier: Apache-2.0
import {
  approvalConflict,
  type ChangeRequest,
  type CountedRecord,
  type GateVerdict,
  judgeChangeRequest,
  type RecordSet,
  type Role,
  readChangeRequest,
  type SubjectRef,
} from '@countersign/kernel';
import { CliError } from '../errors.ts';

/** A change request as recomputed here from verified records. */
export interface ChangeRequestReview {
  readonly digest: string;
  readonly subject: SubjectRef;
  readonly submitter: string;
  readonly submittedAt: string;
  readonly request: ChangeRequest;
  /** What a warrant still needs, judged now. */
  readonly verdict: GateVerdict;
  readonly submitVerdict: GateVerdict;
}

/** @throws CliError `not_found` when no such request counts */
export function changeRequestReview(
  set: RecordSet,
  digest: string,
  now: string,
): ChangeRequestReview {
  const record = changeRequestRecord(set, digest);
  const { subjectRef, actor, content } = record.statement.predicate;
  return {
    digest,
    subject: subjectRef,
    submitter: actor,
    submittedAt: record.loggedAt,
    request: readChangeRequest(content),
    verdict: judgeChangeRequest(set, digest, { phase: 'promote', now }),
    submitVerdict: judgeChangeRequest(set, digest, { phase: 'submit', now }),
  };
}

export function changeRequestRecord(set: RecordSet, digest: string): CountedRecord {
  const record = set.byDigest.get(digest);
  if (record?.statement.predicate.type === 'change-record') return record;
  const rejected = set.rejected.find((one) => one.digest === digest);
  const why = rejected === undefined ? '' : `: ${rejected.reason}`;
  throw new CliError(
    'not_found',
    `no change request \`${digest.slice(0, 12)}\` counts in the log${why}`,
  );
}

export interface OpenRole {
  readonly role: Role;
  readonly gate: string;
  readonly meaning: string;
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
    .map(({ role, gate, meaning }) => ({
      role,
      gate,
      meaning,
      conflict: approvalConflict(set, review.digest, { account: who.account, role, now: who.now }),
    }));
}

/** Roles of an account by keys in effect: what its signatures count as. */
export function rolesOf(set: RecordSet, account: string, now: string): readonly Role[] {
  const roles = [...set.register.values()].flatMap(({ holder, effectiveFrom }) =>
    holder.kind === 'person' && holder.account === account && effectiveFrom <= now
      ? holder.roles
      : [],
  );
  return [...new Set(roles)];
}
