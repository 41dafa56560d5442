// SPDX-License-Identifier: Apache-2.0
import {
  type RecordSet,
  readExceptionContent,
  recordsOfType,
  supersededDigests,
} from '@countersign/kernel';
import { type RecordSummary, summaryOf } from '../registry/index.ts';

export interface ExceptionEntry extends RecordSummary {
  readonly model?: string;
  readonly use?: string;
  readonly version?: number;
  readonly condition: string;
  readonly measurements: readonly string[];
  readonly reason: string;
  readonly limits: string;
  readonly extraMonitoring: string;
  readonly expires: string;
  readonly state: 'running' | 'expired' | 'superseded';
}

/** Signed exceptions, newest first. Whether one covers a condition is the kernel's judgement at each request. */
export function listExceptions(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string; readonly model?: string | undefined },
): readonly ExceptionEntry[] {
  const superseded = supersededDigests(set);
  return recordsOfType(set, 'exception-record')
    .filter(
      ({ statement: { predicate } }) =>
        predicate.subjectRef.workspace === at.workspace &&
        (at.model === undefined || predicate.subjectRef.model === at.model),
    )
    .map((record) => {
      const { subjectRef, content } = record.statement.predicate;
      const exception = readExceptionContent(content);
      const lapsed = exception.expires <= at.now ? ('expired' as const) : ('running' as const);
      return {
        ...summaryOf(record),
        ...exception,
        ...(subjectRef.model === undefined ? {} : { model: subjectRef.model }),
        ...(subjectRef.use === undefined ? {} : { use: subjectRef.use }),
        ...(subjectRef.version === undefined ? {} : { version: subjectRef.version }),
        state: superseded.has(record.digest) ? ('superseded' as const) : lapsed,
      };
    })
    .reverse();
}
