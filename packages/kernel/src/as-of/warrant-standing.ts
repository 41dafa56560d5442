// SPDX-License-Identifier: Apache-2.0
import type { RecordSet } from '../records/record-set.ts';
import { afterReviewMissed } from '../warrants/after-review.ts';
import { endingsOf } from '../warrants/endings.ts';
import {
  provisionalDenials,
  restrictionsOf,
  verifyWarrant,
  type WarrantDenialCode,
} from '../warrants/verify-warrant.ts';
import type { WarrantRecord } from '../warrants/warrant.ts';

/** Whether a warrant's gates were met, by its digest. They look only at what was logged before it, so it never changes. */
export type GateMemo = Map<string, boolean>;

/** `void`: its gates were not met, so it never authorised anything. */
export type WarrantStanding = 'void' | 'pending' | 'live' | 'expired' | 'suspended' | 'retired';

/**
 * How a warrant stands at a time: what `verifyWarrant` says, without judging its gates twice.
 * @param at.expiryFirst an expired warrant is `expired` though something restricts it as well: for whoever takes both alike
 */
export function warrantStanding(
  set: RecordSet,
  found: WarrantRecord,
  at: { readonly now: string; readonly gates: GateMemo; readonly expiryFirst?: boolean },
): WarrantStanding {
  const { now } = at;
  const { warrant, record } = found;
  if (!gatesHold(set, found, at)) return 'void';
  const endings = endingsOf(set, record.digest).map(({ statement }) => statement.predicate.kind);
  if (endings.includes('retire')) return 'retired';
  if (endings.length > 0) return 'suspended';
  if (at.expiryFirst === true && now >= warrant.expires) return 'expired';
  if (isRestricted(set, found, now)) return 'suspended';
  if (now >= warrant.expires) return 'expired';
  return now < warrant.notBefore ? 'pending' : 'live';
}

/** What time and later records decide; every other denial is of the warrant itself. */
const PASSING: ReadonlySet<WarrantDenialCode> = new Set<WarrantDenialCode>([
  'warrant_not_yet',
  'warrant_expired',
  'warrant_revoked',
  'warrant_condition_lapsed',
  'warrant_review_overdue',
  'warrant_after_review_missed',
  'warrant_provisional',
]);

function gatesHold(
  set: RecordSet,
  { record, warrant }: WarrantRecord,
  { now, gates }: { readonly now: string; readonly gates: GateMemo },
): boolean {
  const known = gates.get(record.digest);
  if (known !== undefined) return known;
  const { environment } = warrant;
  const question = { warrant: record.digest, environment, now, production: false };
  const check = verifyWarrant(set, question);
  const holds = check.ok || check.denials.every(({ code }) => PASSING.has(code));
  gates.set(record.digest, holds);
  return holds;
}

/** Nobody ended it, yet it does not hold until something is mended. What cannot be read authorises nothing. */
function isRestricted(set: RecordSet, { record, warrant }: WarrantRecord, now: string): boolean {
  try {
    const { changeRequest } = warrant;
    return (
      restrictionsOf(set, record.digest, now).length > 0 ||
      provisionalDenials(set, record.digest, now).length > 0 ||
      afterReviewMissed(set, { record, changeRequest, now }).length > 0
    );
  } catch {
    return true;
  }
}
