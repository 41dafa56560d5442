// SPDX-License-Identifier: Apache-2.0
import { supersededDigests } from '../evidence/evidence-items.ts';
import type { FindingContent } from '../records/contents.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { FindingSeverity, FindingState } from './finding-content.ts';
import { endOfDay } from './finding-content.ts';
import { findingChain, findingInForce, isBlocking, usesRegister } from './finding-steps.ts';

export interface FindingEntry {
  readonly id: string;
  readonly model: string;
  readonly use?: string;
  readonly version?: number;
  /** The newest record; the next state's record supersedes this digest. */
  readonly digest: string;
  readonly content: FindingContent;
  readonly raisedAt: string;
  readonly raisedBy: string;
  readonly closedAt?: string;
  readonly blocking: boolean;
  /** Whole days since it was raised; for a closed one, until it was closed. */
  readonly daysOpen: number;
  /** Whole days past the end of its due day; 0 while it is in time, accepted or closed. */
  readonly daysOverdue: number;
  readonly overdue: boolean;
  readonly history: readonly {
    readonly digest: string;
    readonly status: string;
    readonly actor: string;
    readonly at: string;
  }[];
}

export interface FindingFilter {
  readonly workspace: string;
  /** UTC time that ageing is computed at. */
  readonly now: string;
  readonly model?: string | undefined;
  readonly owner?: string | undefined;
  readonly severity?: FindingSeverity | undefined;
  readonly source?: string | undefined;
  readonly status?: FindingState | undefined;
  readonly overdue?: boolean | undefined;
}

const DAY_MS = 86_400_000;

/** The findings register at a time: one entry a finding, in its state in force, by model and number. */
export function findingsRegister(set: RecordSet, filter: FindingFilter): readonly FindingEntry[] {
  const superseded = supersededDigests(set);
  return recordsOfType(set, 'finding')
    .filter(
      ({ digest, statement: { predicate } }) =>
        !superseded.has(digest) &&
        predicate.subjectRef.workspace === filter.workspace &&
        (filter.model === undefined || predicate.subjectRef.model === filter.model),
    )
    .map((record) => entryOf(set, record, filter.now))
    .filter((entry) => isWanted(entry, filter))
    .sort((a, b) => a.model.localeCompare(b.model) || findingNumber(a.id) - findingNumber(b.id));
}

function isWanted(entry: FindingEntry, filter: FindingFilter): boolean {
  const { content } = entry;
  const wants: readonly (readonly [string | undefined, string])[] = [
    [filter.owner, content.owner],
    [filter.severity, content.severity],
    [filter.source, content.source],
    [filter.status, content.status],
  ];
  if (filter.overdue !== undefined && entry.overdue !== filter.overdue) return false;
  return wants.every(([wanted, is]) => wanted === undefined || wanted === is);
}

function entryOf(set: RecordSet, record: CountedRecord, now: string): FindingEntry {
  const { subjectRef } = record.statement.predicate;
  const chain = findingChain(set, record);
  const first = chain[0] ?? record;
  const inForce = usesRegister(chain) ? findingInForce(chain) : undefined;
  // Findings of before the register are shown as they were written: their shape was looser.
  const content =
    inForce?.content ?? (record.statement.predicate.content as unknown as FindingContent);
  const closedAt = content.status === 'closed' ? (inForce?.record ?? record).loggedAt : undefined;
  const overdue = isOverdue(content, now);
  return {
    id: String(content.id),
    model: subjectRef.model ?? '',
    ...(subjectRef.use === undefined ? {} : { use: subjectRef.use }),
    ...(subjectRef.version === undefined ? {} : { version: subjectRef.version }),
    digest: record.digest,
    content,
    raisedAt: first.loggedAt,
    raisedBy: first.statement.predicate.actor,
    ...(closedAt === undefined ? {} : { closedAt }),
    blocking: isBlocking(chain),
    daysOpen: days(first.loggedAt, closedAt ?? now),
    daysOverdue: overdue ? days(overdueFrom(content), now) : 0,
    overdue,
    history: chain.map((one) => ({
      digest: one.digest,
      status: String(one.statement.predicate.content.status),
      actor: one.statement.predicate.actor,
      at: one.loggedAt,
    })),
  };
}

function isOverdue(content: FindingContent, now: string): boolean {
  if (content.status === 'closed') return false;
  return now > overdueFrom(content);
}

/** While a risk is accepted its expiry is what runs out, not the due date. */
function overdueFrom(content: FindingContent): string {
  if (content.status === 'accepted' && content.acceptance !== undefined)
    return content.acceptance.expires;
  return endOfDay(String(content.due)) ?? '9999-12-31T23:59:59.999Z';
}

function days(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS));
}

/** Upper bounds of the ageing buckets, in days open; the last is without one. */
export const AGEING_BUCKETS = [30, 60, 90, 180] as const;

export interface AgeingRow {
  readonly severity: FindingSeverity;
  readonly open: number;
  readonly overdue: number;
  /** Counts of open findings: up to 30 days, 31 to 60, 61 to 90, 91 to 180, more. */
  readonly buckets: readonly number[];
  readonly oldestDays: number;
}

/** Open findings by severity and age. */
export function findingsAgeing(entries: readonly FindingEntry[]): readonly AgeingRow[] {
  return (['high', 'medium', 'low'] as const).map((severity) => {
    const open = entries.filter(
      ({ content }) => content.severity === severity && content.status !== 'closed',
    );
    const buckets = [...AGEING_BUCKETS, Number.POSITIVE_INFINITY].map(
      (most, place) =>
        open.filter(
          ({ daysOpen }) => daysOpen <= most && daysOpen > (AGEING_BUCKETS[place - 1] ?? -1),
        ).length,
    );
    return {
      severity,
      open: open.length,
      overdue: open.filter(({ overdue }) => overdue).length,
      buckets,
      oldestDays: Math.max(0, ...open.map(({ daysOpen }) => daysOpen)),
    };
  });
}

/** `F-1`, `F-2`, … in a model; the next number after the highest that any record ever used. */
export function nextFindingId(set: RecordSet, workspace: string, model: string): string {
  let highest = 0;
  for (const { statement } of recordsOfType(set, 'finding')) {
    const { subjectRef, content } = statement.predicate;
    if (subjectRef.workspace !== workspace || subjectRef.model !== model) continue;
    highest = Math.max(highest, findingNumber(String(content.id)));
  }
  return `F-${highest + 1}`;
}

function findingNumber(id: string): number {
  return Number(/^F-(\d{1,9})$/.exec(id)?.[1] ?? 0);
}
