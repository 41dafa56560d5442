// SPDX-License-Identifier: Apache-2.0
import type { CommitteeDecision } from '../gates/committee-decision.ts';
import type { RecordSet } from '../records/record-set.ts';
import type { SubjectRef } from '../records/statement.ts';
import type { ChangeRequestReview, OpenRole } from './change-request-review.ts';
import type { Draft } from './person-statement.ts';

/** What a person may say to a change request. */
export type Decision = 'approve' | 'reject';

/** What a signer adds to what is proposed. */
export interface ApprovalWords {
  readonly decision: Decision;
  readonly role: Pick<OpenRole, 'role' | 'gate' | 'meaning'>;
  /** Digests of what the signer saw, from `evidenceToName`. */
  readonly evidence: readonly string[];
  readonly printedName: string;
  readonly statement: string;
  readonly asDeputyOf?: string;
  readonly committee?: CommitteeDecision;
}

/**
 * The approval record before it is signed: printed name, meaning and statement stand in the signed bytes
 * (21 CFR 11.50), and its subject is the change request's digest.
 */
export function approvalDraft(review: ChangeRequestReview, given: ApprovalWords): Draft {
  const { decision, role } = given;
  return {
    type: 'approval-record',
    kind: decision,
    scope: 'version',
    subjectRef: review.subject,
    subject: { name: 'change-request', digest: { sha256: review.digest } },
    source: [review.digest],
    content: {
      changeRequest: review.digest,
      gate: role.gate,
      role: role.role,
      decision,
      meaning: approvalMeaning(decision, role),
      printedName: given.printedName,
      statement: given.statement,
      evidence: given.evidence,
      ...(given.asDeputyOf === undefined ? {} : { asDeputyOf: given.asDeputyOf }),
      ...(given.committee === undefined ? {} : { committee: given.committee }),
    },
    ...(given.committee === undefined ? {} : { blobs: [given.committee.minutes] }),
  };
}

/** The meaning that stands in the record (21 CFR 11.50(a)(3)). */
export function approvalMeaning(
  decision: Decision,
  { meaning }: Pick<OpenRole, 'meaning'>,
): string {
  return decision === 'approve' ? meaning : `rejected: ${meaning}`;
}

/** The sentence that is signed unless the signer writes another. */
export function approvalSentence(
  review: ChangeRequestReview,
  decision: Decision,
  { role, meaning }: Pick<OpenRole, 'role' | 'meaning'>,
): string {
  const what = `${subjectText(review.subject)} to ${review.request.transition}`;
  return decision === 'approve'
    ? `As ${role} I approve ${what}: ${meaning}.`
    : `As ${role} I reject ${what}.`;
}

/**
 * What the signer saw: everything the request froze and what has come into force since, as the server lists it. The list
 * is not believed: each of them must be among the verified records, and nothing that was frozen may be left out.
 */
export function evidenceToName(
  set: RecordSet,
  review: ChangeRequestReview,
  told: readonly string[],
): { readonly evidence: readonly string[] } | { readonly refused: string } {
  const unseen = told.find((digest) => !set.byDigest.has(digest));
  if (unseen !== undefined) {
    return { refused: `evidence \`${unseen.slice(0, 12)}\` is not among the verified records` };
  }
  const omitted = review.request.evidence.find((digest) => !told.includes(digest));
  if (omitted !== undefined) {
    return { refused: `the server left out frozen evidence \`${omitted.slice(0, 12)}\`` };
  }
  return { evidence: told };
}

/** A subject as people write it: `credit@3 for underwriting`. */
export function subjectText(ref: SubjectRef): string {
  if (ref.model === undefined) return `the firm (${ref.workspace})`;
  const version = ref.version === undefined ? '' : `@${ref.version}`;
  const use = ref.use === undefined ? '' : ` for ${ref.use}`;
  const dataset = ref.dataset === undefined ? '' : `, data ${ref.dataset}`;
  return `${ref.model}${version}${use}${dataset}`;
}
