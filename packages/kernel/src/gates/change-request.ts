// SPDX-License-Identifier: Apache-2.0

import { FINDING_STATES, type FindingState } from '../governance/finding-content.ts';
import { ROLES, type Role } from '../identity/roles.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import {
  asArray,
  asDigest,
  asNonEmpty,
  asOneOf,
  asString,
  asTime,
  type JsonObject,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { type CommitteeDecision, readCommitteeDecision } from './committee-decision.ts';
import { TRANSITIONS, type Transition } from './policy.ts';

/**
 * A change request (`change-record`): the proposal to move one version to one stage for a use. It freezes artefact,
 * specification, evidence, policy, packs and the rules version; its digest is what approvals are signed over.
 */
export interface ChangeRequest {
  readonly transition: Transition;
  readonly class: string;
  readonly artifactDigest: string;
  /** Digest of the `model-spec` record: inputs, outputs, decision rule. */
  readonly spec: string;
  readonly run: string;
  readonly evidence: readonly string[];
  readonly policy: string;
  readonly packs: readonly string[];
  readonly rulesVersion: string;
  readonly reason: string;
  readonly impact: string;
  readonly rollback: string;
  /** Digest of the approved envelope that it claims to stay inside. */
  readonly envelope?: string;
  /** Of an emergency change: why it cannot wait. */
  readonly urgency?: string;
  /** What the submitter's side computed; the kernel computes it again and believes only itself. */
  readonly materiality?: string;
}

const CHANGE_KEYS = [
  'transition',
  'class',
  'artifactDigest',
  'spec',
  'run',
  'evidence',
  'policy',
  'packs',
  'rulesVersion',
  'reason',
  'impact',
  'rollback',
  'envelope',
  'urgency',
  'materiality',
];

export function readChangeRequest(content: JsonObject): ChangeRequest {
  onlyKeys(content, CHANGE_KEYS, 'content');
  const envelope = optional(content.envelope, 'content.envelope', asDigest);
  const urgency = optional(content.urgency, 'content.urgency', asNonEmpty);
  const materiality = optional(content.materiality, 'content.materiality', asNonEmpty);
  return {
    transition: asOneOf(content.transition, TRANSITIONS, 'content.transition'),
    class: asNonEmpty(content.class, 'content.class'),
    artifactDigest: asDigest(content.artifactDigest, 'content.artifactDigest'),
    spec: asDigest(content.spec, 'content.spec'),
    run: asDigest(content.run, 'content.run'),
    evidence: asArray(content.evidence, 'content.evidence', asDigest),
    policy: asDigest(content.policy, 'content.policy'),
    packs: asArray(content.packs, 'content.packs', asDigest),
    rulesVersion: asNonEmpty(content.rulesVersion, 'content.rulesVersion'),
    reason: asNonEmpty(content.reason, 'content.reason'),
    impact: asNonEmpty(content.impact, 'content.impact'),
    rollback: asNonEmpty(content.rollback, 'content.rollback'),
    ...(envelope === undefined ? {} : { envelope }),
    ...(urgency === undefined ? {} : { urgency }),
    ...(materiality === undefined ? {} : { materiality }),
  };
}

/** The next request for the same version, use and transition, if one was submitted since. */
export function replacementOf(set: RecordSet, record: CountedRecord): CountedRecord | undefined {
  const { subjectRef, content } = record.statement.predicate;
  return recordsOfType(set, 'change-record').find(
    ({ index, statement: { predicate } }) =>
      index > record.index &&
      predicate.subjectRef.workspace === subjectRef.workspace &&
      predicate.subjectRef.model === subjectRef.model &&
      predicate.subjectRef.use === subjectRef.use &&
      predicate.subjectRef.version === subjectRef.version &&
      predicate.content.transition === content.transition,
  );
}

/** A person's signed decision on a change request (21 CFR 11.50: printed name, time, meaning). */
export interface Approval {
  readonly changeRequest: string;
  readonly gate: string;
  readonly role: Role;
  readonly decision: 'approve' | 'reject';
  readonly meaning: string;
  readonly printedName: string;
  readonly statement: string;
  /** The evidence that the signer saw; the approval goes stale when one of these is superseded. */
  readonly evidence: readonly string[];
  /** Whom the signer stands in for, by a signed deputation: gates/deputies.ts. */
  readonly asDeputyOf?: string;
  /** The decision of a committee that the signer chairs: gates/committee.ts. */
  readonly committee?: CommitteeDecision;
}

const APPROVAL_KEYS = [
  'changeRequest',
  'gate',
  'role',
  'decision',
  'meaning',
  'printedName',
  'statement',
  'evidence',
  'asDeputyOf',
  'committee',
];

export function readApprovalContent(content: JsonObject): Approval {
  onlyKeys(content, APPROVAL_KEYS, 'content');
  const asDeputyOf = optional(content.asDeputyOf, 'content.asDeputyOf', asNonEmpty);
  const committee = optional(content.committee, 'content.committee', readCommitteeDecision);
  return {
    changeRequest: asDigest(content.changeRequest, 'content.changeRequest'),
    gate: asNonEmpty(content.gate, 'content.gate'),
    role: asOneOf(content.role, ROLES, 'content.role'),
    decision: asOneOf(content.decision, ['approve', 'reject'] as const, 'content.decision'),
    meaning: asNonEmpty(content.meaning, 'content.meaning'),
    printedName: asNonEmpty(content.printedName, 'content.printedName'),
    statement: asNonEmpty(content.statement, 'content.statement'),
    evidence: asArray(content.evidence, 'content.evidence', asDigest),
    ...(asDeputyOf === undefined ? {} : { asDeputyOf }),
    ...(committee === undefined ? {} : { committee }),
  };
}

/** A signed exception from one condition that came out inconclusive, for named measurements of one version. */
export interface ExceptionRecord {
  readonly condition: string;
  readonly measurements: readonly string[];
  readonly reason: string;
  readonly limits: string;
  readonly extraMonitoring: string;
  readonly expires: string;
}

export function readExceptionContent(content: JsonObject): ExceptionRecord {
  onlyKeys(
    content,
    ['condition', 'measurements', 'reason', 'limits', 'extraMonitoring', 'expires'],
    'content',
  );
  return {
    condition: asNonEmpty(content.condition, 'content.condition'),
    measurements: asArray(content.measurements, 'content.measurements', asString),
    reason: asNonEmpty(content.reason, 'content.reason'),
    limits: asNonEmpty(content.limits, 'content.limits'),
    extraMonitoring: asNonEmpty(content.extraMonitoring, 'content.extraMonitoring'),
    expires: asTime(content.expires, 'content.expires'),
  };
}

/** What a finding's record says; a later state of the same finding supersedes the earlier record. */
export interface Finding {
  readonly id: string;
  readonly severity: 'high' | 'medium' | 'low';
  readonly status: FindingState;
  readonly blocking: boolean;
}

export function readFindingContent(record: CountedRecord): Finding {
  const content = record.statement.predicate.content;
  return {
    id: asNonEmpty(content.id, 'content.id'),
    severity: asOneOf(content.severity, ['high', 'medium', 'low'] as const, 'content.severity'),
    status: asOneOf(content.status, FINDING_STATES, 'content.status'),
    blocking: content.blocking === true,
  };
}

export interface ThresholdFloor {
  readonly metric: string;
  readonly op: '>=' | '<=';
  readonly value: string;
}

export function readFloor(json: JsonObject, path: string): ThresholdFloor {
  return {
    metric: asNonEmpty(json.metric, `${path}.metric`),
    op: asOneOf(json.op, ['>=', '<='] as const, `${path}.op`),
    value: asNonEmpty(json.value, `${path}.value`),
  };
}
