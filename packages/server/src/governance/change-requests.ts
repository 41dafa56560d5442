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
import { modelSet } from '../records/index.ts';
import { type RecordSummary, summaryOf } from '../registry/index.ts';
import { type Changes, changesOf } from './change-diff.ts';
import { evidenceToApprove } from './frozen-evidence.ts';
import { promotionVerdict } from './promotion-verdict.ts';

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
  return recordsListed(set, at.model).flatMap((record) => listed(set, record, at.now) ?? []);
}

export interface ChangeRequestsPage {
  readonly changeRequests: readonly ChangeRequestSummary[];
  /** How many match in all. */
  readonly total: number;
  /** The last of the page, where more follow. */
  readonly next?: string;
}

/** A page of the list. Where no state is asked for, requests beyond the page are counted and not judged. */
export function changeRequestsPage(
  set: RecordSet,
  asked: {
    readonly now: string;
    readonly limit: number;
    readonly before?: string | undefined;
    readonly model?: string | undefined;
    readonly state?: ChangeRequestState | undefined;
  },
): ChangeRequestsPage {
  const { now, limit, before, state } = asked;
  const matching =
    state === undefined
      ? recordsListed(set, asked.model)
      : recordsListed(set, asked.model).filter(
          (record) => listed(set, record, now)?.state === state,
        );
  const last = before === undefined ? undefined : findChangeRequest(set, before).index;
  const rest = matching.filter(({ index }) => last === undefined || index < last);
  const page = rest.slice(0, limit);
  const end = page.at(-1);
  return {
    changeRequests: page.flatMap((record) => listed(set, record, now) ?? []),
    total: matching.length,
    ...(rest.length > limit && end !== undefined ? { next: end.digest } : {}),
  };
}

/** Newest first. */
function recordsListed(set: RecordSet, model: string | undefined): readonly CountedRecord[] {
  return recordsOfType(set, 'change-record')
    .filter(({ statement: { predicate } }) => {
      const { transition } = predicate.content;
      const isListed = transition === 'staging' || transition === 'production';
      return isListed && (model === undefined || predicate.subjectRef.model === model);
    })
    .reverse();
}

/** What a request is judged by: the firm's records and its model's, as a gateway would be given them. */
function recordsAbout(set: RecordSet, { statement }: CountedRecord): RecordSet {
  const { workspace, model } = statement.predicate.subjectRef;
  return model === undefined ? set : modelSet(set, workspace, model);
}

/** Of a model's records: summaries of requests that were decided, which only another record of the model changes. */
const DECIDED = new WeakMap<RecordSet, Map<string, ChangeRequestSummary>>();

/** As `summarise`, from the records of the model alone; those that time may change are judged each time. */
function listed(
  set: RecordSet,
  record: CountedRecord,
  now: string,
): ChangeRequestSummary | undefined {
  const own = recordsAbout(set, record);
  const known = DECIDED.get(own)?.get(record.digest);
  if (known !== undefined) return known;
  const summary = summarise(own, record, now);
  if (summary === undefined || summary.state === 'open' || summary.state === 'ready') {
    return summary;
  }
  const decided = DECIDED.get(own) ?? new Map<string, ChangeRequestSummary>();
  DECIDED.set(own, decided.set(record.digest, summary));
  return summary;
}

/** @throws ServerError `change_request_unknown` */
export function changeRequestView(all: RecordSet, digest: string, now: string): ChangeRequestView {
  const record = findChangeRequest(all, digest);
  const set = recordsAbout(all, record);
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
    verdict: promotionVerdict(set, digest, now),
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
  return promotionVerdict(set, record.digest, now).allowed ? 'ready' : 'open';
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
