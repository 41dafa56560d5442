// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeRequest,
  type CountedRecord,
  type EnforcementGrade,
  enforcementGrade,
  type GateVerdict,
  judgeChangeRequest,
  type Origin,
  originOfVersion,
  type RecordSet,
  readApprovalContent,
  readChangeRequest,
  readWarrantRecord,
  recordsOfType,
  replacementOf,
  type SubjectRef,
  versionContext,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { type RecordSummary, summaryOf } from '../registry/index.ts';
import { type Changes, changesOf } from './change-diff.ts';
import { evidenceToApprove } from './frozen-evidence.ts';
import { apartFromSodCheck } from './separation-record.ts';

export const CHANGE_REQUEST_STATES = ['open', 'ready', 'rejected', 'promoted', 'replaced'] as const;
/**
 * `ready`: nothing is missing but to promote. `rejected`: an approver said no. `promoted`: a warrant was minted from it.
 * `replaced`: a later request proposes the same version for the same stage and use.
 */
export type ChangeRequestState = (typeof CHANGE_REQUEST_STATES)[number];

export interface ChangeRequestSummary {
  readonly digest: string;
  readonly subject: SubjectRef;
  readonly transition: 'staging' | 'production';
  readonly submitter: string;
  readonly submittedAt: string;
  readonly state: ChangeRequestState;
  /** The warrant it led to. */
  readonly warrant?: string;
}

export interface ChangeRequestView extends ChangeRequestSummary {
  readonly request: ChangeRequest;
  /** What a warrant still needs, judged now. A lacking separation check is not listed: promotion makes it. */
  readonly verdict: GateVerdict;
  readonly submitVerdict: GateVerdict;
  /** Digests that an approval given now must name. */
  readonly evidence: readonly string[];
  readonly approvals: readonly RecordSummary[];
  readonly changes?: Changes;
  readonly origin: Origin;
  /** What would stand between the version and an answer without a warrant. */
  readonly enforcement: EnforcementGrade;
}

/** Every change request that counts, newest first. */
export function listChangeRequests(
  set: RecordSet,
  at: { readonly now: string; readonly model?: string | undefined },
): readonly ChangeRequestSummary[] {
  return recordsOfType(set, 'change-record')
    .filter(
      ({ statement }) =>
        at.model === undefined || statement.predicate.subjectRef.model === at.model,
    )
    .flatMap((record) => summarise(set, record, at.now) ?? [])
    .reverse();
}

/** @throws ServerError `change_request_unknown` */
export function changeRequestView(set: RecordSet, digest: string, now: string): ChangeRequestView {
  const record = findChangeRequest(set, digest);
  const summary = summarise(set, record, now);
  const { subjectRef, content } = record.statement.predicate;
  const { workspace, model, use, version } = subjectRef;
  if (summary === undefined || model === undefined || use === undefined || version === undefined) {
    throw unknown(digest);
  }
  const request = readChangeRequest(content);
  const found = versionContext(set, { workspace, model, use, version });
  const changes = changesOf(set, digest, now);
  return {
    ...summary,
    ...(changes === undefined ? {} : { changes }),
    origin: found.ok ? originOfVersion(set, found.context) : 'built',
    enforcement: found.ok ? enforcementGrade(set, found.context) : 'attested',
    request,
    verdict: apartFromSodCheck(judgeChangeRequest(set, digest, { phase: 'promote', now })),
    submitVerdict: judgeChangeRequest(set, digest, { phase: 'submit', now }),
    evidence: found.ok ? evidenceToApprove(set, found.context, request.evidence) : request.evidence,
    approvals: approvalsOf(set, digest).map(summaryOf),
  };
}

/** @throws ServerError `change_request_unknown` */
export function findChangeRequest(set: RecordSet, digest: string): CountedRecord {
  const record = set.byDigest.get(digest);
  if (record?.statement.predicate.type === 'change-record') return record;
  throw unknown(digest, set.rejected.find((one) => one.digest === digest)?.reason);
}

export function approvalsOf(set: RecordSet, digest: string): readonly CountedRecord[] {
  return recordsOfType(set, 'approval-record').filter(
    ({ statement }) => statement.predicate.content.changeRequest === digest,
  );
}

/** The warrant that was minted from a change request, whether or not it still holds. */
export function warrantOf(set: RecordSet, digest: string): CountedRecord | undefined {
  return recordsOfType(set, 'deployment-record').findLast(
    ({ statement: { predicate } }) =>
      predicate.kind === 'promote' && predicate.content.changeRequest === digest,
  );
}

function summarise(
  set: RecordSet,
  record: CountedRecord,
  now: string,
): ChangeRequestSummary | undefined {
  const { predicate } = record.statement;
  const { transition } = predicate.content;
  if (transition !== 'staging' && transition !== 'production') return undefined;
  const warrant = readWarrantRecord(warrantOf(set, record.digest));
  return {
    digest: record.digest,
    subject: predicate.subjectRef,
    transition,
    submitter: predicate.actor,
    submittedAt: record.loggedAt,
    state: stateOf(set, record, now),
    ...(warrant === undefined ? {} : { warrant: warrant.record.digest }),
  };
}

function stateOf(set: RecordSet, record: CountedRecord, now: string): ChangeRequestState {
  if (warrantOf(set, record.digest) !== undefined) return 'promoted';
  if (approvalsOf(set, record.digest).some(isRejection)) return 'rejected';
  if (replacementOf(set, record) !== undefined) return 'replaced';
  const verdict = judgeChangeRequest(set, record.digest, { phase: 'promote', now });
  return apartFromSodCheck(verdict).allowed ? 'ready' : 'open';
}

function isRejection(record: CountedRecord): boolean {
  try {
    return readApprovalContent(record.statement.predicate.content).decision === 'reject';
  } catch {
    return false; // what cannot be read decides nothing; the kernel reports the missing signature
  }
}

function unknown(digest: string, reason?: string): ServerError {
  const why = reason === undefined ? '' : `: ${reason}`;
  return new ServerError(
    'change_request_unknown',
    `no change request \`${digest.slice(0, 64)}\` counts in the log${why}`,
    { details: { digest } },
  );
}
