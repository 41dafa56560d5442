// SPDX-License-Identifier: Apache-2.0
import { dueNotices } from './due-notices.ts';
import type { NoticeFacts } from './duties.ts';
import { eventNotices } from './event-notices.ts';
import { lapseNotices } from './lapse-notices.ts';
import type { Notice } from './notice.ts';
import { type AwaitingRecord, awaitingNotices, waitingNotices } from './waiting-notices.ts';

/** Notices that are computed once for everybody: what lapses, falls due, happened or awaits signatures. */
export function firmNotices(
  facts: NoticeFacts,
  awaiting: readonly AwaitingRecord[],
): readonly Notice[] {
  return [
    ...eventNotices(facts),
    ...lapseNotices(facts),
    ...dueNotices(facts),
    ...awaitingNotices(awaiting),
  ];
}

/**
 * Everything that somebody should hear of now, from records, the records that await signatures and the time alone. Who has
 * heard already is not asked here.
 */
export function allNotices(
  facts: NoticeFacts,
  awaiting: readonly AwaitingRecord[] = [],
): readonly Notice[] {
  const waiting = facts.people.flatMap((person) => waitingNotices(facts, person));
  return mergeNotices([...firmNotices(facts, awaiting), ...waiting]);
}

/** One of each key: what waits for two people is one notice for both. */
export function mergeNotices(notices: readonly Notice[]): readonly Notice[] {
  const merged = new Map<string, Notice>();
  for (const notice of notices) {
    const before = merged.get(notice.key);
    merged.set(notice.key, before === undefined ? notice : joined(before, notice));
  }
  return [...merged.values()];
}

function joined(a: Notice, b: Notice): Notice {
  const accounts = [...(a.audience.accounts ?? []), ...(b.audience.accounts ?? [])];
  return { ...a, audience: { ...a.audience, accounts } };
}
