// SPDX-License-Identifier: Apache-2.0
import { supersededDigests } from '../evidence/evidence-items.ts';
import type { OverlayContent } from '../records/contents.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { readOverlay } from './review-content.ts';

export interface OverlayEntry extends Omit<OverlayContent, 'status'> {
  readonly digest: string;
  readonly model: string;
  readonly use?: string;
  readonly by: string;
  readonly since: string;
  readonly state: 'active' | 'expired' | 'ended';
  readonly daysRunning: number;
  /** Whole days until it expires; 0 once it has or was ended. */
  readonly daysLeft: number;
  /** Earlier overlays of the same segment: one that keeps coming back points at the model (PRA SS1/23, 5.1). */
  readonly recurrence: number;
}

export interface OverlayFilter {
  readonly workspace: string;
  readonly now: string;
  readonly model?: string | undefined;
  readonly state?: OverlayEntry['state'] | undefined;
}

const DAY_MS = 86_400_000;

/** Standing adjustments of what models say, by model and number. */
export function overlaysRegister(set: RecordSet, filter: OverlayFilter): readonly OverlayEntry[] {
  const superseded = supersededDigests(set);
  const entries = overlayRecords(set, filter.workspace)
    .filter(({ record }) => !superseded.has(record.digest))
    .map(({ record, content }) => entryOf(set, { record, content, now: filter.now }));
  return entries
    .map((entry) => ({
      ...entry,
      recurrence: entries.filter((other) => isEarlierOfSegment(other, entry)).length,
    }))
    .filter(
      ({ model, state }) =>
        (filter.model === undefined || model === filter.model) &&
        (filter.state === undefined || state === filter.state),
    )
    .sort((a, b) => a.model.localeCompare(b.model) || overlayNumber(a.id) - overlayNumber(b.id));
}

function isEarlierOfSegment(other: OverlayEntry, entry: OverlayEntry): boolean {
  return (
    other.since < entry.since &&
    other.model === entry.model &&
    other.use === entry.use &&
    other.segment === entry.segment
  );
}

interface OverlayRecord {
  readonly record: CountedRecord;
  readonly content: OverlayContent;
}

function overlayRecords(set: RecordSet, workspace: string): readonly OverlayRecord[] {
  return recordsOfType(set, 'override-record').flatMap((record) => {
    const { kind, subjectRef, content } = record.statement.predicate;
    if (kind !== 'overlay' || subjectRef.workspace !== workspace) return [];
    try {
      return [{ record, content: readOverlay(content) }];
    } catch {
      return []; // a paper of before the register, shown with the model's evidence
    }
  });
}

function entryOf(set: RecordSet, at: OverlayRecord & { readonly now: string }): OverlayEntry {
  const { record, content, now } = at;
  const { subjectRef, actor } = record.statement.predicate;
  const { status, ...said } = content;
  const first = firstOf(set, record);
  const state = status === 'ended' ? 'ended' : now >= content.expires ? 'expired' : 'active';
  const until = state === 'ended' ? record.loggedAt : state === 'expired' ? content.expires : now;
  return {
    ...said,
    digest: record.digest,
    model: subjectRef.model ?? '',
    ...(subjectRef.use === undefined ? {} : { use: subjectRef.use }),
    by: actor,
    since: first.loggedAt,
    state,
    daysRunning: days(first.loggedAt, until),
    daysLeft: state === 'active' ? days(now, content.expires) : 0,
    recurrence: 0,
  };
}

/** A record can only supersede an earlier one, so the walk ends. */
function firstOf(set: RecordSet, record: CountedRecord): CountedRecord {
  let at = record;
  for (;;) {
    const digest = at.statement.predicate.supersedes;
    const before = digest === undefined ? undefined : set.byDigest.get(digest);
    if (before === undefined || before.index >= at.index) return at;
    at = before;
  }
}

function days(from: string, to: string): number {
  return Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / DAY_MS));
}

/** `O-1`, `O-2`, … in a model. */
export function nextOverlayId(set: RecordSet, workspace: string, model: string): string {
  const used = overlayRecords(set, workspace)
    .filter(({ record }) => record.statement.predicate.subjectRef.model === model)
    .map(({ content }) => overlayNumber(content.id));
  return `O-${Math.max(0, ...used) + 1}`;
}

function overlayNumber(id: string): number {
  return Number(/^O-(\d{1,9})$/.exec(id)?.[1] ?? 0);
}
