// SPDX-License-Identifier: Apache-2.0
import { supersededDigests } from '../evidence/evidence-items.ts';
import type { ExceptionRecord } from '../gates/change-request.ts';
import { asException } from '../gates/excuses.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';

export interface ExceptionAge {
  readonly record: CountedRecord;
  readonly exception: ExceptionRecord;
  readonly state: 'running' | 'expired' | 'superseded';
  readonly daysRunning: number;
  /** Whole days until it expires; 0 once it has. */
  readonly daysLeft: number;
  /** Earlier exceptions from the same condition of the same model and use that cover one of the same figures. */
  readonly renewals: number;
}

const DAY_MS = 86_400_000;

/** Signed exceptions with their age, newest first. Whether one covers a condition is judged at each request. */
export function exceptionsRegister(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string; readonly model?: string | undefined },
): readonly ExceptionAge[] {
  const superseded = supersededDigests(set);
  const read = recordsOfType(set, 'exception-record').flatMap((record) => {
    const { subjectRef } = record.statement.predicate;
    if (subjectRef.workspace !== at.workspace) return [];
    if (at.model !== undefined && subjectRef.model !== at.model) return [];
    const exception = readOrUndefined(record);
    return exception === undefined ? [] : [{ record, exception }];
  });
  return read
    .map(({ record, exception }) => {
      const hasExpired = exception.expires <= at.now;
      const until = hasExpired ? exception.expires : at.now;
      const lapse = hasExpired ? ('expired' as const) : ('running' as const);
      return {
        record,
        exception,
        state: superseded.has(record.digest) ? ('superseded' as const) : lapse,
        daysRunning: days(record.loggedAt, until),
        daysLeft: days(at.now, exception.expires),
        renewals: read.filter((other) => isRenewedBy(other, { record, exception })).length,
      };
    })
    .reverse();
}

interface ReadException {
  readonly record: CountedRecord;
  readonly exception: ExceptionRecord;
}

function isRenewedBy(earlier: ReadException, later: ReadException): boolean {
  const [a, b] = [earlier, later].map(({ record }) => record.statement.predicate.subjectRef);
  return (
    earlier.record.index < later.record.index &&
    a?.model === b?.model &&
    a?.use === b?.use &&
    earlier.exception.condition === later.exception.condition &&
    (later.exception.measurements.length === 0 ||
      earlier.exception.measurements.some((one) => later.exception.measurements.includes(one)))
  );
}

function readOrUndefined(record: CountedRecord): ExceptionRecord | undefined {
  try {
    return asException(record);
  } catch {
    return undefined; // what cannot be read excuses nothing
  }
}

function days(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS));
}
