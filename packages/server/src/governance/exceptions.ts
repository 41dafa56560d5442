// SPDX-License-Identifier: Apache-2.0
import { exceptionsRegister, type RecordSet } from '@countersign/kernel';
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
  readonly daysRunning: number;
  readonly daysLeft: number;
  readonly renewals: number;
}

export interface ExceptionFilter {
  readonly workspace: string;
  readonly now: string;
  readonly model?: string | undefined;
  readonly state?: ExceptionEntry['state'] | undefined;
}

/** Signed exceptions, newest first. Whether one covers a condition is the kernel's judgement at each request. */
export function listExceptions(set: RecordSet, at: ExceptionFilter): readonly ExceptionEntry[] {
  return exceptionsRegister(set, at)
    .filter(({ state }) => at.state === undefined || state === at.state)
    .map(({ record, exception, ...age }) => {
      const { model, use, version } = record.statement.predicate.subjectRef;
      return {
        ...summaryOf(record),
        ...exception,
        ...age,
        ...(model === undefined ? {} : { model }),
        ...(use === undefined ? {} : { use }),
        ...(version === undefined ? {} : { version }),
      };
    });
}
