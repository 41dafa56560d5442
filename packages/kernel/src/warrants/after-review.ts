// SPDX-License-Identifier: Apache-2.0
import { classOf } from '../gates/change-class.ts';
import { readChangeRequest } from '../gates/change-request.ts';
import { gateFacts } from '../gates/facts.ts';
import { readPolicy } from '../gates/policy.ts';
import { conflictOf } from '../gates/separation-of-duties.ts';
import { accountOf, actsAs } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import {
  asOfIndex,
  type CountedRecord,
  type RecordSet,
  recordsOfType,
} from '../records/record-set.ts';
import type { WarrantDenial } from './verify-warrant.ts';

/** The kind of `periodic-review` that reviews an emergency change after it went into use. */
export const AFTER_REVIEW_KIND = 'after-review';

const REVIEWERS: readonly Role[] = ['model-risk', 'validator'];
const DAY_MS = 86_400_000;

export interface AfterReview {
  readonly due: string;
  /** The review that lets the warrant go on past `due`. */
  readonly review?: string;
}

/**
 * When the review of an emergency warrant is due and whether one was made in time: by somebody of model risk or validation
 * who did not build the version, and with the outcome `stands`. A late one lifts nothing: the way back is an ordinary
 * request. Undefined for warrants of every other class.
 */
export function afterReviewOf(
  set: RecordSet,
  at: { readonly record: CountedRecord; readonly changeRequest: string },
): AfterReview | undefined {
  const { record, changeRequest } = at;
  const content = set.byDigest.get(changeRequest)?.statement.predicate.content;
  if (content === undefined) return undefined;
  const request = readChangeRequest(content);
  const policy = set.byDigest.get(request.policy)?.statement.predicate.content.policy;
  if (policy === undefined) return undefined;
  const { changes } = readPolicy(policy, 'content.policy');
  if (classOf(changes, request.class) !== 'emergency') return undefined;
  const days = changes?.afterReviewDays ?? 0;
  const due = new Date(Date.parse(record.loggedAt) + days * DAY_MS).toISOString();
  const review = recordsOfType(set, 'periodic-review').find(
    (one) => one.index > record.index && one.loggedAt <= due && isReview(set, one, changeRequest),
  );
  return { due, ...(review === undefined ? {} : { review: review.digest }) };
}

function isReview(set: RecordSet, record: CountedRecord, changeRequest: string): boolean {
  const { kind, content } = record.statement.predicate;
  if (kind !== AFTER_REVIEW_KIND) return false;
  if (content.changeRequest !== changeRequest || content.outcome !== 'stands') return false;
  const read = gateFacts(asOfIndex(set, record.index), changeRequest, record.loggedAt);
  if (!read.ok) return false;
  const { facts } = read;
  return record.signers.some((key) =>
    REVIEWERS.some((role) => {
      const account = accountOf(key);
      return (
        actsAs(key, role, facts.context.model) &&
        conflictOf(set, facts.duties, { account, role }) === undefined
      );
    }),
  );
}

export function afterReviewMissed(
  set: RecordSet,
  at: { readonly record: CountedRecord; readonly changeRequest: string; readonly now: string },
): readonly WarrantDenial[] {
  const review = afterReviewOf(set, at);
  if (review === undefined || review.review !== undefined || at.now <= review.due) return [];
  const reason = `the emergency change was to be reviewed by ${review.due}; nobody did`;
  return [{ code: 'warrant_after_review_missed', reason }];
}
