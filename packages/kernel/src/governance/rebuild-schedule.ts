// SPDX-License-Identifier: Apache-2.0
import { latestItem, supersededDigests, versionContext } from '../evidence/evidence-items.ts';
import type { Tier } from '../gates/policy.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { policyInForce, tierOf } from './review-schedule.ts';

/** Days between scheduled rebuilds where the policy in force says nothing. */
export const REBUILD_DAYS_DEFAULT: { readonly [tier in Tier]: number } = {
  high: 90,
  medium: 180,
  low: 365,
};

const DAY_MS = 86_400_000;

export interface RebuiltVersion {
  readonly workspace: string;
  readonly model: string;
  readonly use: string;
  readonly version: number;
}

export interface RebuildEntry extends RebuiltVersion {
  readonly tier: Tier;
  readonly everyDays: number;
  /** The newest attestation of these bytes; absent before the first. */
  readonly last?: { readonly record: string; readonly at: string; readonly verdict: string };
  /** When the next rebuild falls due: at once where there was none. */
  readonly due: string;
  readonly isDue: boolean;
}

/**
 * When each of the given versions is built again (check/repro of frameworks.md: SR 11-7 VI documentation, SOC 2 CC7.5,
 * IEC 62304 5.8). Of a version without a training run there is nothing to build; it has no entry. Most pressing first.
 */
export function rebuildSchedule(
  set: RecordSet,
  versions: readonly RebuiltVersion[],
  now: string,
): readonly RebuildEntry[] {
  const days = policyInForce(set)?.rebuilds ?? REBUILD_DAYS_DEFAULT;
  return versions
    .flatMap((one) => {
      const known = versionContext(set, one);
      if (!known.ok) return [];
      const { context } = known;
      if (latestItem(set, context, { id: 'training-run' }) === undefined) return [];
      const last = latestItem(set, context, { id: 'reproduction-attestation' });
      const isOfThese =
        last?.statement.predicate.subjectRef.artifactDigest === context.artifactDigest;
      const tier = tierIn(set, one);
      return [
        entryOf(one, { tier, everyDays: days[tier], now, last: isOfThese ? last : undefined }),
      ];
    })
    .sort((a, b) => a.due.localeCompare(b.due) || a.model.localeCompare(b.model));
}

function entryOf(
  version: RebuiltVersion,
  at: {
    readonly tier: Tier;
    readonly everyDays: number;
    readonly now: string;
    readonly last: CountedRecord | undefined;
  },
): RebuildEntry {
  const { tier, everyDays, now, last } = at;
  if (last === undefined) return { ...version, tier, everyDays, due: now, isDue: true };
  const due = new Date(Date.parse(last.loggedAt) + everyDays * DAY_MS).toISOString();
  const verdict = String(last.statement.predicate.content.verdict ?? '');
  const made = { record: last.digest, at: last.loggedAt, verdict };
  return { ...version, tier, everyDays, last: made, due, isDue: due <= now };
}

/** What cannot be read is rebuilt as often as the highest tier. */
function tierIn(set: RecordSet, { workspace, model, use }: RebuiltVersion): Tier {
  const superseded = supersededDigests(set);
  const record = recordsOfType(set, 'risk-tier').findLast(({ digest, statement }) => {
    const { subjectRef } = statement.predicate;
    const isOfUse =
      subjectRef.workspace === workspace && subjectRef.model === model && subjectRef.use === use;
    return isOfUse && !superseded.has(digest);
  });
  return record === undefined ? 'high' : tierOf(record);
}
