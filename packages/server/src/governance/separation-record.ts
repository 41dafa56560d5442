// SPDX-License-Identifier: Apache-2.0
import {
  dutiesOf,
  type GateVerdict,
  type RecordSet,
  recordsOfType,
  type SodCheckContent,
  type VersionContext,
} from '@countersign/kernel';

/** How the kernel's completeness reports an item that is not there: `<clause>: <id> <status>`. */
const LACKING_SOD_CHECK = /: sod-check (missing|stale|expired)$/;

/**
 * A verdict without its lack of a `sod-check` record. That record is made by the platform from the approvals as they
 * stand when a warrant is asked for, so nobody can be told to supply it; the kernel judges again once it is logged.
 */
export function apartFromSodCheck(verdict: GateVerdict): GateVerdict {
  const missing = verdict.missing.filter((reason) => !LACKING_SOD_CHECK.test(reason));
  if (missing.length === verdict.missing.length) return verdict;
  const conditions = verdict.conditions.map((condition) => {
    const reasons = condition.reasons.filter((reason) => !LACKING_SOD_CHECK.test(reason));
    const settled = condition.id === 'evidence-complete' && reasons.length === 0;
    return settled
      ? { ...condition, outcome: 'pass' as const, reasons }
      : { ...condition, reasons };
  });
  return { ...verdict, conditions, missing, allowed: missing.length === 0 };
}

/** The separation of duties at a change request, as the kernel computes it. */
export function separationOf(
  set: RecordSet,
  context: VersionContext,
  verdict: GateVerdict,
): SodCheckContent {
  const duties = dutiesOf(set, context);
  const approvers = verdict.approvals.flatMap(({ role, given, refused }) => [
    ...given.map(({ account }) => ({ account, role })),
    ...refused.map(({ record, reason }) => ({
      account: set.byDigest.get(record)?.statement.predicate.actor ?? 'unknown',
      role,
      conflict: reason,
    })),
  ]);
  const clashes = verdict.missing.some((reason) => reason.startsWith('separation of duties'));
  return {
    changeRequest: verdict.changeRequest,
    developers: duties.developers,
    approvers,
    unattributed: duties.unattributed,
    result: clashes ? 'conflict' : 'separated',
  };
}

/** The newest separation check that was recorded for a change request. */
export function recordedSeparation(set: RecordSet, changeRequest: string) {
  return recordsOfType(set, 'sod-check').findLast(
    ({ statement }) => statement.predicate.content.changeRequest === changeRequest,
  );
}
