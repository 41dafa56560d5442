// SPDX-License-Identifier: Apache-2.0
import {
  appliesTo,
  type CountedRecord,
  EVIDENCE_IDS,
  isStale,
  type RecordSet,
  supersededDigests,
  type VersionContext,
} from '@countersign/kernel';

/**
 * Left out of what a change request freezes: acts of governance, which come about because of the request; registers that
 * the kernel reads live (a finding that is closed must not void the approvals given since it was open); and what
 * operation leaves behind day by day. Policies and packs are pinned beside the evidence.
 */
const NOT_FROZEN: ReadonlySet<string> = new Set([
  'policy-document',
  'finding',
  'change-record',
  'approval-record',
  'e-signature',
  'sod-check',
  'deployment-record',
  'decision-log',
  'outcome-record',
  'override-record',
  'incident-record',
  'monitoring-result',
  'audit-event',
  'integrity-check',
  'access-record',
  'generated-document',
]);

const FROZEN: ReadonlySet<string> = new Set([
  ...EVIDENCE_IDS.filter((id) => !NOT_FROZEN.has(id)),
  'evidence-attachment',
]);

/** Evidence in force for a version, in log order: what a request freezes, and what an approver is shown. */
export function frozenEvidence(set: RecordSet, context: VersionContext): readonly CountedRecord[] {
  const superseded = supersededDigests(set);
  return set.records.filter(
    (record) =>
      FROZEN.has(record.statement.predicate.type) &&
      !superseded.has(record.digest) &&
      appliesTo(record, context) &&
      !isStale(record.statement.predicate.subjectRef, context),
  );
}

/**
 * What an approval must cover: everything the request froze and whatever evidence has come into force since, such as the
 * validation report. An item that was superseded meanwhile stays, so that the signer's approval is seen to be stale.
 */
export function evidenceToApprove(
  set: RecordSet,
  context: VersionContext,
  frozen: readonly string[],
): readonly string[] {
  const inForce = frozenEvidence(set, context).map(({ digest }) => digest);
  return [...new Set([...frozen, ...inForce])];
}
