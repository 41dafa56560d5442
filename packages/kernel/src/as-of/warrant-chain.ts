// SPDX-License-Identifier: Apache-2.0
import {
  appliesTo,
  evidenceItems,
  supersededDigests,
  type VersionContext,
  versionContext,
} from '../evidence/evidence-items.ts';
import { type ChangeRequest, readChangeRequest } from '../gates/change-request.ts';
import { accountOf } from '../identity/key-register.ts';
import { asOfIndex, type CountedRecord, type RecordSet } from '../records/record-set.ts';
import type { RecordType } from '../records/record-type.ts';
import type { WarrantRecord } from '../warrants/warrant.ts';

/** A record of a chain: enough to be found again and to say who answered for it. */
export interface ChainLink {
  readonly digest: string;
  readonly type: RecordType;
  readonly kind?: string;
  /** Accounts that signed. */
  readonly by: readonly string[];
  readonly loggedAt: string;
  readonly effectiveAt?: string;
}

export interface ApprovalLink extends ChainLink {
  readonly role: string;
  readonly decision: string;
  readonly meaning: string;
  readonly printedName: string;
}

/** All that a warrant rested on when it was signed: by whom allowed, on what validation, made of what. */
export interface WarrantChain {
  readonly changeRequest?: ChainLink &
    Pick<ChangeRequest, 'class' | 'reason' | 'impact' | 'rollback' | 'transition'>;
  readonly approvals: readonly ApprovalLink[];
  readonly validation: readonly (ChainLink & { readonly outcome: string })[];
  readonly policy?: ChainLink & { readonly version: string };
  readonly packs: readonly string[];
  readonly exceptions: readonly string[];
  /** Digests of the evidence that the change request froze. */
  readonly evidence: readonly string[];
  readonly artifact?: ChainLink;
  readonly spec?: ChainLink;
  readonly run?: ChainLink & { readonly run: string };
  readonly commit?: ChainLink & { readonly commit: string };
  readonly environment?: ChainLink & { readonly lockDigest: string };
  readonly datasets: readonly (ChainLink & {
    readonly dataset: string;
    readonly split: string;
    readonly contentDigest: string;
  })[];
}

export function chainLink(record: CountedRecord): ChainLink {
  const { type, kind, effectiveAt } = record.statement.predicate;
  return {
    digest: record.digest,
    type,
    ...(kind === undefined ? {} : { kind }),
    by: [...new Set(record.signers.map(accountOf))],
    loggedAt: record.loggedAt,
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
  };
}

/** The chain as the log stood when the warrant was signed: what came later does not change what it was given on. */
export function warrantChain(set: RecordSet, found: WarrantRecord): WarrantChain {
  const then = asOfIndex(set, found.record.index);
  const { warrant, subject } = found;
  const { workspace, model = '', use = '', version = 0 } = subject;
  const registered = versionContext(then, { workspace, model, use, version });
  const change = then.byDigest.get(warrant.changeRequest);
  const request =
    change === undefined ? undefined : readChangeRequest(change.statement.predicate.content);
  const policy = then.byDigest.get(warrant.policy);
  const spec = then.byDigest.get(warrant.spec);
  return {
    ...(change === undefined || request === undefined
      ? {}
      : { changeRequest: { ...chainLink(change), ...wordsOf(request) } }),
    approvals: approvalsOn(then, warrant.changeRequest),
    ...(policy === undefined
      ? {}
      : { policy: { ...chainLink(policy), version: contentText(policy, 'version') } }),
    packs: request?.packs ?? [],
    exceptions: warrant.exceptions,
    evidence: request?.evidence ?? [],
    ...(spec === undefined ? {} : { spec: chainLink(spec) }),
    ...(registered.ok ? madeOf(then, registered.context) : { validation: [], datasets: [] }),
  };
}

function wordsOf(request: ChangeRequest) {
  const { class: kind, reason, impact, rollback, transition } = request;
  return { class: kind, reason, impact, rollback, transition };
}

/** Every signed decision on a change request, rejections included, in log order. */
export function approvalsOn(set: RecordSet, changeRequest: string): readonly ApprovalLink[] {
  return set.records
    .filter(
      ({ statement: { predicate } }) =>
        predicate.type === 'approval-record' && predicate.content.changeRequest === changeRequest,
    )
    .map((record) => ({
      ...chainLink(record),
      role: contentText(record, 'role'),
      decision: contentText(record, 'decision'),
      meaning: contentText(record, 'meaning'),
      printedName: contentText(record, 'printedName'),
    }));
}

function madeOf(then: RecordSet, context: VersionContext) {
  const newest = (type: RecordType) =>
    then.records.findLast(
      ({ statement: { predicate } }) =>
        predicate.type === type &&
        predicate.subjectRef.workspace === context.workspace &&
        predicate.subjectRef.model === context.model &&
        predicate.subjectRef.version === context.version,
    );
  const artifact = newest('model-artifact');
  const run = newest('training-run');
  const commit = newest('source-revision');
  const environment = newest('environment-lock');
  return {
    validation: evidenceItems(then, context, { id: 'validation-report' }).map((record) => ({
      ...chainLink(record),
      outcome: contentText(record, 'outcome'),
    })),
    ...(artifact === undefined ? {} : { artifact: chainLink(artifact) }),
    ...(run === undefined ? {} : { run: { ...chainLink(run), run: contentText(run, 'run') } }),
    ...(commit === undefined
      ? {}
      : { commit: { ...chainLink(commit), commit: contentText(commit, 'commit') } }),
    ...(environment === undefined
      ? {}
      : {
          environment: {
            ...chainLink(environment),
            lockDigest: contentText(environment, 'lockDigest'),
          },
        }),
    datasets: snapshotsOf(then, context).map((record) => ({
      ...chainLink(record),
      dataset:
        contentText(record, 'dataset') || (record.statement.predicate.subjectRef.dataset ?? ''),
      split: contentText(record, 'split'),
      contentDigest: contentText(record, 'contentDigest'),
    })),
  };
}

/** Snapshots that the version's records name or that carry its number; else the newest that it could have read. */
function snapshotsOf(then: RecordSet, context: VersionContext): readonly CountedRecord[] {
  const known = then.records.filter(
    (record) =>
      record.statement.predicate.type === 'dataset-snapshot' && appliesTo(record, context),
  );
  const named = new Set(
    then.records
      .filter(({ statement: { predicate } }) => predicate.subjectRef.version === context.version)
      .flatMap(({ statement }) => statement.predicate.source),
  );
  const own = known.filter(
    ({ digest, statement }) =>
      named.has(digest) || statement.predicate.subjectRef.version === context.version,
  );
  if (own.length > 0) return own;
  const superseded = supersededDigests(then);
  return known.filter(
    ({ digest, index }) => index < context.registeredAt && !superseded.has(digest),
  );
}

/** A text member of a record's content, or an empty text. */
export function contentText(record: CountedRecord, member: string): string {
  const value = record.statement.predicate.content[member];
  return typeof value === 'string' ? value : '';
}
