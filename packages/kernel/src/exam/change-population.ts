// SPDX-License-Identifier: Apache-2.0
import { approvalsOn, contentText } from '../as-of/warrant-chain.ts';
import { replacementOf } from '../gates/change-request.ts';
import {
  asOfIndex,
  type CountedRecord,
  type LoggedRecord,
  type RecordSet,
  recordsOfType,
} from '../records/record-set.ts';
import type { RecordType } from '../records/record-type.ts';
import {
  type ExamQuestion,
  isWithin,
  type Period,
  sourceOf,
  subjectFields,
} from './exam-question.ts';

/** Records by which something changes that answers, or who may let it. */
export const CHANGE_TYPES: readonly RecordType[] = [
  'change-record',
  'change-plan',
  'approval-record',
  'exception-record',
  'deployment-record',
  'policy-document',
  'key-enrolment',
  'key-change',
  'founding-rotation',
];

const CHANGES: ReadonlySet<RecordType> = new Set(CHANGE_TYPES);

export function isChange(type: RecordType): boolean {
  return CHANGES.has(type);
}

/**
 * Every record of a change in a period of the log, those that count for nothing included: a change that was wrongly
 * signed is still a thing that somebody tried.
 * @param logged every record of the log that the caller has, whether or not it counts
 */
export function changePopulation(
  set: RecordSet,
  logged: readonly LoggedRecord[],
  question: ExamQuestion,
) {
  const { period, known } = question;
  const told = asOfIndex(set, known);
  const within = logged.filter(
    ({ index, loggedAt }) => index <= known && isWithin(loggedAt, period),
  );
  const refused = new Map(set.rejected.map(({ digest, reason }) => [digest, reason]));
  const changes = within.filter(({ statement }) => isChange(statement.predicate.type));
  return {
    period,
    entries: within.length,
    changes: changes.length,
    byType: counted(changes.map(({ statement: { predicate } }) => nameOf(predicate))),
    records: changes.map((record) => {
      const counts = told.byDigest.get(record.digest);
      const { predicate } = record.statement;
      return {
        record: record.digest,
        index: record.index,
        loggedAt: record.loggedAt,
        type: nameOf(predicate),
        actor: predicate.actor,
        ...(counts === undefined
          ? { counts: false, reason: refused.get(record.digest) ?? 'it is not in this set' }
          : { counts: true, ...subjectFields(counts), by: sourceOf(counts).by }),
      };
    }),
  };
}

function nameOf({ type, kind }: { readonly type: string; readonly kind?: string }): string {
  return kind === undefined ? type : `${type}/${kind}`;
}

export function counted(names: readonly string[]): { readonly [name: string]: number } {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

export type ChangeState = 'open' | 'rejected' | 'replaced' | 'promoted';

export interface ChangeLine {
  readonly record: string;
  readonly state: ChangeState;
  readonly warrants: readonly string[];
}

/** Change requests that were opened in a period, oldest first. */
export function requestsOpened(told: RecordSet, period: Period): readonly CountedRecord[] {
  return recordsOfType(told, 'change-record').filter(({ loggedAt }) => isWithin(loggedAt, period));
}

/** What became of a change request, as a set tells it. */
export function stateOfChange(told: RecordSet, request: CountedRecord): ChangeLine {
  const warrants = recordsOfType(told, 'deployment-record').filter(
    (record) =>
      record.statement.predicate.kind === 'promote' &&
      contentText(record, 'changeRequest') === request.digest,
  );
  const isRejected = approvalsOn(told, request.digest).some(
    ({ decision }) => decision === 'reject',
  );
  const state = (): ChangeState => {
    if (warrants.length > 0) return 'promoted';
    if (isRejected) return 'rejected';
    return replacementOf(told, request) === undefined ? 'open' : 'replaced';
  };
  return {
    record: request.digest,
    state: state(),
    warrants: warrants.map(({ digest }) => digest),
  };
}
