// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord } from '../records/record-set.ts';
import { type ExceptionRecord, readExceptionContent } from './change-request.ts';
import { readProvisionalContent } from './provisional.ts';
import { readWaiverContent } from './waivers.ts';

/** What a warrant must carry over from an exception, a waiver or a provisional use that it rests on. */
export interface Excuse {
  readonly kind: 'exception' | 'waiver' | 'provisional';
  readonly limits: string;
  readonly expires: string;
}

/** A waiver and a provisional use in the words of an exception, so that one register holds them side by side. */
export function asException({ statement: { predicate } }: CountedRecord): ExceptionRecord {
  if (predicate.kind === 'waiver') {
    const { evidence, condition, reason, compensatingControl, expires } = readWaiverContent(
      predicate.content,
    );
    const terms = { reason, limits: compensatingControl, extraMonitoring: '', expires };
    return { condition: evidence ?? condition ?? '', measurements: [], ...terms };
  }
  if (predicate.kind === 'provisional') {
    const use = readProvisionalContent(predicate.content);
    return { condition: 'independent-validation', measurements: [], ...use };
  }
  return readExceptionContent(predicate.content);
}

/** Undefined for a record of another type. @throws KernelError `record_malformed` */
export function excuseOf(record: CountedRecord | undefined): Excuse | undefined {
  const predicate = record?.statement.predicate;
  if (predicate?.type !== 'exception-record') return undefined;
  if (predicate.kind === 'waiver') {
    const { compensatingControl, expires } = readWaiverContent(predicate.content);
    return { kind: 'waiver', limits: compensatingControl, expires };
  }
  if (predicate.kind === 'provisional') {
    const { limits, expires } = readProvisionalContent(predicate.content);
    return { kind: 'provisional', limits, expires };
  }
  const { limits, expires } = readExceptionContent(predicate.content);
  return { kind: 'exception', limits, expires };
}
