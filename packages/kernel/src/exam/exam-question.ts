// SPDX-License-Identifier: Apache-2.0
import { accountOf } from '../identity/key-register.ts';
import type { CountedRecord } from '../records/record-set.ts';
import type { JsonObject } from '../records/shape.ts';

/** A stretch of log time, both ends included, UTC with milliseconds. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** What an examination is about: the state at a date, the changes of a period, as the log up to a position tells them. */
export interface ExamQuestion {
  readonly workspace: string;
  readonly date: string;
  readonly known: number;
  readonly period: Period;
}

/** The record that a line of a register was read from. */
export interface RegisterSource {
  readonly record: string;
  readonly by: readonly string[];
  readonly loggedAt: string;
  readonly effectiveAt?: string;
}

export function sourceOf(record: CountedRecord): RegisterSource {
  const { effectiveAt } = record.statement.predicate;
  return {
    record: record.digest,
    by: [...new Set(record.signers.map(accountOf))],
    loggedAt: record.loggedAt,
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
  };
}

/** Model, use and version of a record, as far as it has them. */
export function subjectFields(record: CountedRecord) {
  const { model, use, version } = record.statement.predicate.subjectRef;
  return {
    ...(model === undefined ? {} : { model }),
    ...(use === undefined ? {} : { use }),
    ...(version === undefined ? {} : { version }),
  };
}

export function contentOf(record: CountedRecord): JsonObject {
  return record.statement.predicate.content;
}

const DAY_MS = 86_400_000;

/** Whole days from one time to another; negative when it is the earlier. A date alone means its midnight in UTC. */
export function daysBetween(from: string, to: string): number {
  return Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

export function isWithin(time: string, { from, to }: Period): boolean {
  return time >= from && time <= to;
}
