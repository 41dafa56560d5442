// SPDX-License-Identifier: Apache-2.0
import { evidenceItems } from '../evidence/evidence-items.ts';
import { accountOf, actsAs, coverDuties, type EnrolledKey } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import type { CountedRecord } from '../records/record-set.ts';
import { type ExceptionRecord, readExceptionContent } from './change-request.ts';
import type { GateFacts } from './facts.ts';
import { type ConditionId, type ExceptionRule, NEVER_EXCUSED } from './policy.ts';
import { conflictOf } from './separation-of-duties.ts';

export interface Covered {
  readonly measurements: ReadonlySet<string>;
  readonly records: readonly string[];
  /** Exceptions that were offered but do not hold, with the reason. */
  readonly refused: readonly string[];
}

/** The measurements of a condition that valid signed exceptions cover, under the policy of the change request. */
export function coveredMeasurements(facts: GateFacts, condition: ConditionId): Covered {
  const rule = facts.policy.exceptions.find((one) => one.condition === condition);
  const measurements = new Set<string>();
  const records: string[] = [];
  const refused: string[] = [];
  const carried = carriedExceptions(facts);
  const own = evidenceItems(facts.set, facts.context, { id: 'exception-record' });
  for (const record of [...own, ...carried]) {
    // These excuse by rules of their own: gates/waivers.ts, gates/provisional.ts.
    if (['waiver', 'provisional'].includes(record.statement.predicate.kind ?? '')) continue;
    const exception = readExceptionContent(record.statement.predicate.content);
    if (exception.condition !== condition) continue;
    const isCarried = carried.includes(record);
    const refusal = exceptionRefusal(facts, { record, exception, rule, isCarried });
    if (refusal === undefined) {
      for (const id of exception.measurements) measurements.add(id);
      records.push(record.digest);
    } else {
      refused.push(`exception ${record.digest.slice(0, 12)}: ${refusal}`);
    }
  }
  return { measurements, records, refused };
}

/**
 * Exceptions of the version in production that everybody who signed the envelope let stand: for the same measurements, while
 * they stay inconclusive and no longer than they run.
 */
function carriedExceptions({ set, carried = [] }: GateFacts): readonly CountedRecord[] {
  return carried.flatMap(({ evidence, record }) => {
    const found = evidence === 'exception-record' ? set.byDigest.get(record) : undefined;
    return found === undefined ? [] : [found];
  });
}

function exceptionRefusal(
  facts: GateFacts,
  at: {
    readonly record: CountedRecord;
    readonly exception: ExceptionRecord;
    readonly rule: ExceptionRule | undefined;
    readonly isCarried: boolean;
  },
): string | undefined {
  const { record, exception, rule } = at;
  if (rule === undefined || NEVER_EXCUSED.includes(rule.condition))
    return 'policy allows none here';
  const { artifactDigest } = record.statement.predicate.subjectRef;
  if (!at.isCarried && artifactDigest !== facts.context.artifactDigest) {
    return 'it was signed for other artefact bytes';
  }
  if (exception.expires <= facts.now) return `it expired on ${exception.expires}`;
  const days = (Date.parse(exception.expires) - Date.parse(record.loggedAt)) / 86_400_000;
  if (days > rule.daysMax) return `it runs ${Math.ceil(days)} days, policy allows ${rule.daysMax}`;
  const missing = rule.signers.find(
    (role) => !record.signers.some((key) => mayExcept(facts, key, role)),
  );
  if (missing !== undefined) return `no independent signature in the role \`${missing}\``;
  const isCovered = coverDuties(record.signers, rule.signers, (key, role) =>
    mayExcept(facts, key, role),
  );
  return isCovered ? undefined : 'one person signed for two roles';
}

function mayExcept(facts: GateFacts, key: EnrolledKey, role: Role): boolean {
  const account = accountOf(key);
  const isHolder = actsAs(key, role, facts.context.model);
  return isHolder && conflictOf(facts.set, facts.duties, { account, role }) === undefined;
}
