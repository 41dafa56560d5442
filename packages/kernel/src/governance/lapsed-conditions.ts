// SPDX-License-Identifier: Apache-2.0
import { supersededDigests } from '../evidence/evidence-items.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { SubjectRef } from '../records/statement.ts';
import {
  type FindingInForce,
  findingChain,
  findingInForce,
  isBlocking,
  isPastDue,
} from './finding-steps.ts';
import { setOfModel } from './records-of-model.ts';

export interface LapsedCondition {
  /** Digest of the finding's record in force. */
  readonly finding: string;
  readonly id: string;
  readonly reason: string;
}

/**
 * What restricts a warrant although nobody ended it: a condition of its approval that was not closed by its due date,
 * and a blocking finding whose accepted risk has run out. A condition is a finding that names the warrant's change
 * request, or a validation report of the same version, in `condition`. Findings of before the register have neither
 * member, so that they never lapse.
 */
export function lapsedConditions(
  set: RecordSet,
  warrant: { readonly changeRequest: string; readonly subject: SubjectRef },
  now: string,
): readonly LapsedCondition[] {
  if (warrant.subject.model === undefined) return [];
  const own = setOfModel(set, warrant.subject.model);
  const candidates = recordsOfType(own, 'finding').filter((record) => mayConcern(record, warrant));
  if (candidates.length === 0) return [];
  const superseded = supersededDigests(own);
  return candidates
    .filter(({ digest }) => !superseded.has(digest))
    .flatMap((record) => lapseOf(set, record, { warrant, now }) ?? []);
}

interface Warranted {
  readonly changeRequest: string;
  readonly subject: SubjectRef;
}

function mayConcern({ statement: { predicate } }: CountedRecord, warrant: Warranted): boolean {
  const { subjectRef: ref } = predicate;
  const { subject } = warrant;
  if (ref.workspace !== subject.workspace || ref.model !== subject.model) return false;
  if (ref.use !== undefined && ref.use !== subject.use) return false;
  return ref.version === undefined || ref.version <= (subject.version ?? 0);
}

function lapseOf(
  set: RecordSet,
  record: CountedRecord,
  at: { readonly warrant: Warranted; readonly now: string },
): LapsedCondition | undefined {
  const chain = findingChain(set, record);
  const finding = findingInForce(chain);
  if (finding === undefined || finding.content.status === 'closed') return undefined;
  const reason = reasonOf(set, { chain, finding, ...at });
  if (reason === undefined) return undefined;
  return { finding: finding.record.digest, id: finding.content.id, reason };
}

function reasonOf(
  set: RecordSet,
  at: {
    readonly chain: readonly CountedRecord[];
    readonly finding: FindingInForce;
    readonly warrant: Warranted;
    readonly now: string;
  },
): string | undefined {
  const { chain, finding, warrant, now } = at;
  const { id, status, acceptance, due } = finding.content;
  const isCondition = isConditionOf(set, finding.content.condition, warrant);
  if (status === 'accepted' && acceptance !== undefined) {
    const concerns = isCondition || isBlocking(chain);
    return concerns && now >= acceptance.expires
      ? `the accepted risk of finding ${id} lapsed at ${acceptance.expires}`
      : undefined;
  }
  return isCondition && isPastDue({ due }, now)
    ? `condition ${id} of its approval was due on ${due} and is ${status}`
    : undefined;
}

function isConditionOf(set: RecordSet, condition: string | undefined, warrant: Warranted): boolean {
  if (condition === undefined) return false;
  if (condition === warrant.changeRequest) return true;
  const report = set.byDigest.get(condition)?.statement.predicate;
  return (
    report?.type === 'validation-report' &&
    report.subjectRef.model === warrant.subject.model &&
    report.subjectRef.version === warrant.subject.version
  );
}
