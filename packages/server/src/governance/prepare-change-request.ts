// SPDX-License-Identifier: Apache-2.0
import {
  type ChangeClass,
  type CountedRecord,
  type GateVerdict,
  judgeChangeRequest,
  latestItem,
  originOf,
  PAYLOAD_TYPE_STATEMENT,
  type Primitives,
  packsInScope,
  type RecordSet,
  RULES_VERSION,
  type Statement,
  sha256Hex,
  statementBytes,
  subjectOf,
  type Transition,
  toBase64,
  type VersionContext,
  versionContext,
} from '@countersign/kernel';
import { ServerError } from '../errors.ts';
import { policyDocuments, type VersionRef } from '../registry/index.ts';
import { type Changes, changesOf } from './change-diff.ts';
import { frozenEvidence } from './frozen-evidence.ts';

export interface ChangeProposal extends VersionRef {
  readonly transition: Transition;
  readonly reason: string;
  readonly impact: string;
  readonly rollback: string;
  /** `standard` unless given. */
  readonly class?: ChangeClass | undefined;
  readonly urgency?: string | undefined;
  /** Digest of the envelope that it stays inside. */
  readonly envelope?: string | undefined;
}

export interface PreparedChangeRequest {
  /** Complete and unsigned: the submitter signs these very bytes. */
  readonly statement: Statement;
  readonly digest: string;
  /** Phase submit, as if it were signed and logged now. */
  readonly verdict: GateVerdict;
  readonly changes?: Changes;
}

/**
 * Writes the change request that `actor` would sign: artefact, run, specification, evidence in force, policy, packs in
 * scope and rules version are frozen from the records as they stand.
 * @throws ServerError `version_unknown`; `change_request_refused` naming what the version or the firm still lacks
 */
export function prepareChangeRequest(
  p: Primitives,
  set: RecordSet,
  proposal: ChangeProposal,
  at: { readonly actor: string; readonly now: string },
): PreparedChangeRequest {
  const { workspace, model, use, version } = proposal;
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) {
    throw new ServerError('version_unknown', found.reason, { details: { model, version } });
  }
  const { context } = found;
  const spec = needed(
    latestItem(set, context, { id: 'model-spec' }),
    'the version has no model-spec; register it again with `--spec`',
  );
  const artifact = needed(
    latestItem(set, context, { id: 'model-artifact' }),
    'no artefact is recorded',
  );
  const run = needed(madeBy(set, context, artifact), 'the version has no run');
  const policy = needed(
    policyDocuments(set, 'promotion-policy').at(-1),
    'no promotion policy is in force; two of administrator and model risk sign one',
  );
  const subjectRef = { workspace, model, use, version, artifactDigest: context.artifactDigest };
  const statement: Statement = {
    subject: [subjectOf(p, subjectRef)],
    predicate: {
      type: 'change-record',
      kind: 'model',
      scope: 'version',
      subjectRef,
      producer: 'human',
      actor: at.actor,
      claimedAt: at.now,
      source: [artifact.digest, run.digest, spec.digest],
      founding: set.root,
      content: {
        transition: proposal.transition,
        class: proposal.class ?? 'standard',
        artifactDigest: context.artifactDigest,
        spec: spec.digest,
        run: run.digest,
        evidence: frozenEvidence(set, context).map(({ digest }) => digest),
        policy: policy.digest,
        packs: packsInScope(set, context).map(({ digest }) => digest),
        rulesVersion: RULES_VERSION,
        reason: proposal.reason,
        impact: proposal.impact,
        rollback: proposal.rollback,
        ...(proposal.urgency === undefined ? {} : { urgency: proposal.urgency }),
        ...(proposal.envelope === undefined ? {} : { envelope: proposal.envelope }),
      },
    },
  };
  const bytes = statementBytes(statement);
  const digest = sha256Hex(p, bytes);
  const supposed = supposeRecorded(set, { digest, statement, bytes, now: at.now, actor: at.actor });
  const verdict = judgeChangeRequest(supposed, digest, { phase: 'submit', now: at.now });
  const changes = changesOf(supposed, digest, at.now);
  return { statement, digest, verdict, ...(changes === undefined ? {} : { changes }) };
}

/** The set as it would be with one more record, signed by its actor. For judging beforehand, never for deciding. */
function supposeRecorded(
  set: RecordSet,
  draft: {
    readonly digest: string;
    readonly statement: Statement;
    readonly bytes: Uint8Array;
    readonly now: string;
    readonly actor: string;
  },
): RecordSet {
  const signers = [...set.register.values()].filter(
    ({ holder }) => holder.kind === 'person' && holder.account === draft.actor,
  );
  const record: CountedRecord = {
    digest: draft.digest,
    envelope: {
      payloadType: PAYLOAD_TYPE_STATEMENT,
      payload: toBase64(draft.bytes),
      signatures: [],
    },
    statement: draft.statement,
    index: (set.records.at(-1)?.index ?? 0) + 1,
    loggedAt: draft.now,
    signers,
  };
  return {
    ...set,
    records: [...set.records, record],
    byDigest: new Map([...set.byDigest, [record.digest, record]]),
  };
}

/** The run that built the version, or the signed request at which one that no run made was registered. */
function madeBy(
  set: RecordSet,
  context: VersionContext,
  artifact: CountedRecord,
): CountedRecord | undefined {
  const { content, source } = artifact.statement.predicate;
  if (originOf(content) === 'built') return latestItem(set, context, { id: 'training-run' });
  return source
    .map((digest) => set.byDigest.get(digest))
    .find((record) => record?.statement.predicate.type === 'run-request');
}

function needed(record: CountedRecord | undefined, lack: string): CountedRecord {
  if (record !== undefined) return record;
  throw new ServerError('change_request_refused', lack, { details: { missing: [lack] } });
}
