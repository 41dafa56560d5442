// SPDX-License-Identifier: Apache-2.0
import { supersededDigests, versionContext } from '../evidence/evidence-items.ts';
import { newestPolicyDocument } from '../evidence/packs-in-scope.ts';
import { type Policy, type ReviewRule, TIERS, type Tier } from '../gates/policy.ts';
import { policyIn } from '../gates/policy-in.ts';
import { conflictOf, type Duties, dutiesOf } from '../gates/separation-of-duties.ts';
import { accountOf, actsAs } from '../identity/key-register.ts';
import type { ModelReviewContent } from '../records/contents.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import type { SubjectRef } from '../records/statement.ts';
import { setOfModel } from './records-of-model.ts';
import { type ReviewTriggerKind, readModelReview } from './review-content.ts';

/** Days between reviews where the policy in force says nothing. */
export const REVIEW_DAYS_DEFAULT: { readonly [tier in Tier]: number } = {
  high: 365,
  medium: 730,
  low: 1095,
};

export interface ReviewedUse {
  readonly workspace: string;
  readonly model: string;
  readonly use: string;
}

export interface CountedReview {
  readonly digest: string;
  readonly at: string;
  readonly by: string;
  readonly content: ModelReviewContent;
}

export interface ReviewTrigger {
  readonly kind: ReviewTriggerKind;
  readonly record: string;
  readonly at: string;
  readonly text: string;
}

/**
 * `unstarted`: nothing that a period could count from. `triggered`: in time by the calendar, but something happened that
 * calls for a look. `due`: within 30 days.
 */
export type ReviewState = 'unstarted' | 'current' | 'due' | 'triggered' | 'overdue';

export interface ReviewEntry extends ReviewedUse {
  readonly tier: Tier;
  readonly cadenceDays: number;
  readonly state: ReviewState;
  readonly last?: CountedReview;
  /** As `reviewBase`. */
  readonly from?: { readonly record: string; readonly at: string; readonly what: string };
  readonly due?: string;
  /** Whole days until due; negative once it is past. */
  readonly daysLeft?: number;
  readonly triggers: readonly ReviewTrigger[];
}

const DAY_MS = 86_400_000;
const DUE_SOON_DAYS = 30;

/** Every tiered use of a workspace with when its next review is due, the most pressing first. */
export function reviewSchedule(
  set: RecordSet,
  at: { readonly workspace: string; readonly now: string; readonly model?: string | undefined },
): readonly ReviewEntry[] {
  const cadence = policyInForce(set)?.reviews;
  return tieredUses(set, at)
    .map(({ tier, use }) =>
      entryOf(setOfModel(set, use.model), { tier, use, now: at.now, cadence }),
    )
    .sort(
      (a, b) =>
        (a.due ?? '9999').localeCompare(b.due ?? '9999') ||
        a.model.localeCompare(b.model) ||
        a.use.localeCompare(b.use),
    );
}

/** The promotion policy in force, or undefined where there is none that can be read. */
export function policyInForce(set: RecordSet): Policy | undefined {
  const record = newestPolicyDocument(set, 'promotion-policy');
  if (record === undefined) return undefined;
  try {
    return policyIn(record);
  } catch {
    return undefined;
  }
}

interface TieredUse {
  readonly tier: CountedRecord;
  readonly use: ReviewedUse;
}

function tieredUses(
  set: RecordSet,
  at: { readonly workspace: string; readonly model?: string | undefined },
): readonly TieredUse[] {
  const superseded = supersededDigests(set);
  return recordsOfType(set, 'risk-tier').flatMap((tier) => {
    const { workspace, model, use } = tier.statement.predicate.subjectRef;
    if (superseded.has(tier.digest) || workspace !== at.workspace) return [];
    if (model === undefined || use === undefined) return [];
    if (at.model !== undefined && at.model !== model) return [];
    return [{ tier, use: { workspace, model, use } }];
  });
}

function entryOf(
  set: RecordSet,
  at: TieredUse & { readonly now: string; readonly cadence: ReviewRule | undefined },
): ReviewEntry {
  const { use, now } = at;
  const tier = tierOf(at.tier);
  const cadenceDays = (at.cadence ?? REVIEW_DAYS_DEFAULT)[tier];
  const last = countedReviews(set, use).at(-1);
  const from = reviewBase(set, use);
  const base = { ...use, tier, cadenceDays, ...(last === undefined ? {} : { last }) };
  if (from === undefined) return { ...base, state: 'unstarted', triggers: [] };
  const triggers = reviewTriggers(set, { ...at, since: from.at });
  const due = new Date(Date.parse(from.at) + cadenceDays * DAY_MS).toISOString();
  const daysLeft = Math.floor((Date.parse(due) - Date.parse(now)) / DAY_MS);
  return { ...base, from, due, daysLeft, triggers, state: stateOf(daysLeft, triggers) };
}

function stateOf(daysLeft: number, triggers: readonly ReviewTrigger[]): ReviewState {
  if (daysLeft < 0) return 'overdue';
  if (triggers.length > 0) return 'triggered';
  return daysLeft <= DUE_SOON_DAYS ? 'due' : 'current';
}

export function tierOf(record: CountedRecord): Tier {
  const { tier } = record.statement.predicate.content;
  // A tier that cannot be read is looked at as often as the highest.
  return TIERS.find((one) => one === tier) ?? 'high';
}

/** Reviews of a use that count, in log order: by a validator or model risk who built no version of it. */
export function countedReviews(all: RecordSet, use: ReviewedUse): readonly CountedReview[] {
  const set = setOfModel(all, use.model);
  const reviews = recordsOfType(set, 'periodic-review').filter(
    ({ statement: { predicate } }) =>
      predicate.kind === 'model' && isAbout(predicate.subjectRef, use),
  );
  if (reviews.length === 0) return [];
  const duties = dutiesOfUse(set, use);
  return reviews.flatMap((record) => {
    const content = readOrUndefined(record);
    const isIndependent = independentSigner(set, record, duties) !== undefined;
    if (content === undefined || !isIndependent) return [];
    const { actor } = record.statement.predicate;
    return [{ digest: record.digest, at: record.loggedAt, by: actor, content }];
  });
}

function readOrUndefined(record: CountedRecord): ModelReviewContent | undefined {
  try {
    return readModelReview(record.statement.predicate.content);
  } catch {
    return undefined; // a review that cannot be read puts nothing off
  }
}

function independentSigner(set: RecordSet, record: CountedRecord, duties: readonly Duties[]) {
  const { model } = record.statement.predicate.subjectRef;
  return record.signers.find((key) =>
    (['validator', 'model-risk'] as const).some(
      (role) =>
        actsAs(key, role, model) &&
        duties.every(
          (one) => conflictOf(set, one, { account: accountOf(key), role }) === undefined,
        ),
    ),
  );
}

/** Asked for each reviewer of each use of one list of records, which never changes. */
const DUTIES = new WeakMap<readonly CountedRecord[], Map<string, readonly Duties[]>>();

/** Duties of every registered version of a use. */
function dutiesOfUse(all: RecordSet, use: ReviewedUse): readonly Duties[] {
  const set = setOfModel(all, use.model);
  const known = DUTIES.get(set.records) ?? new Map<string, readonly Duties[]>();
  DUTIES.set(set.records, known);
  const name = JSON.stringify([use.workspace, use.use]);
  const duties = known.get(name) ?? readDuties(set, use);
  known.set(name, duties);
  return duties;
}

function readDuties(set: RecordSet, use: ReviewedUse): readonly Duties[] {
  const versions = new Set(
    recordsOfType(set, 'model-artifact').flatMap(({ statement: { predicate } }) => {
      const { workspace, model, version } = predicate.subjectRef;
      const isOfIt = workspace === use.workspace && model === use.model;
      return isOfIt && version !== undefined ? [version] : [];
    }),
  );
  return [...versions].flatMap((version) => {
    const found = versionContext(set, { ...use, version });
    return found.ok ? [dutiesOf(set, found.context)] : [];
  });
}

/** Why somebody may not review a use, or undefined: whoever built a version of it does not say that it still stands. */
export function reviewConflict(
  set: RecordSet,
  use: ReviewedUse,
  who: { readonly account: string; readonly role: 'validator' | 'model-risk' },
): string | undefined {
  for (const duties of dutiesOfUse(set, use)) {
    const conflict = conflictOf(set, duties, who);
    if (conflict !== undefined) return conflict;
  }
  return undefined;
}

function isAbout(ref: SubjectRef, use: ReviewedUse): boolean {
  return (
    ref.workspace === use.workspace &&
    ref.model === use.model &&
    (ref.use === undefined || ref.use === use.use)
  );
}

/**
 * What the period until the next review counts from: the last review or validation of the use, whichever is later, else
 * its first warrant, else the entry of a model not built here. A new warrant alone puts nothing off: weekly refits would
 * otherwise put a review off for ever.
 */
export function reviewBase(all: RecordSet, use: ReviewedUse): ReviewEntry['from'] {
  const set = setOfModel(all, use.model);
  const about = set.records.filter(({ statement }) => isAbout(statement.predicate.subjectRef, use));
  const of = (record: CountedRecord | undefined, what: string) =>
    record === undefined ? undefined : { record: record.digest, at: record.loggedAt, what };
  const review = countedReviews(set, use).at(-1);
  const reviewed = review && { record: review.digest, at: review.at, what: 'review' };
  const validated = of(about.findLast(isOfType('validation-report')), 'validation');
  const isLater =
    reviewed !== undefined && (validated === undefined || reviewed.at >= validated.at);
  return (
    (isLater ? reviewed : validated) ??
    of(
      about.find(
        ({ statement: { predicate } }) =>
          predicate.type === 'deployment-record' && predicate.kind === 'promote',
      ),
      'warrant',
    ) ??
    of(
      about.findLast(
        (record) =>
          isOfType('inventory-entry')(record) &&
          record.statement.predicate.content.origin !== 'built',
      ),
      'inventory entry',
    )
  );
}

const isOfType =
  (type: string) =>
  ({ statement }: CountedRecord): boolean =>
    statement.predicate.type === type;

function reviewTriggers(
  set: RecordSet,
  at: TieredUse & { readonly since: string },
): readonly ReviewTrigger[] {
  const { use, since } = at;
  const later = set.records.filter(({ loggedAt }) => loggedAt > since);
  const breaches = later.filter(
    ({ statement: { predicate } }) =>
      predicate.type === 'finding' &&
      predicate.supersedes === undefined &&
      predicate.content.source === 'monitoring' &&
      isAbout(predicate.subjectRef, use),
  );
  const retier = at.tier.loggedAt > since && tierBefore(set, at) !== tierOf(at.tier);
  return [
    ...breaches.map((record) =>
      trigger('breach', record, String(record.statement.predicate.content.title)),
    ),
    ...(retier
      ? [trigger('re-tier', at.tier, `tier ${tierBefore(set, at)} became ${tierOf(at.tier)}`)]
      : []),
    ...packChanges(set, later, use),
  ].sort((a, b) => a.at.localeCompare(b.at));
}

function trigger(kind: ReviewTriggerKind, record: CountedRecord, text: string): ReviewTrigger {
  return { kind, record: record.digest, at: record.loggedAt, text };
}

/** The tier that was in force at the time the period counts from. */
function tierBefore(set: RecordSet, at: TieredUse & { readonly since: string }): string {
  const before = recordsOfType(set, 'risk-tier').findLast(
    ({ loggedAt, statement }) =>
      loggedAt <= at.since && isAbout(statement.predicate.subjectRef, at.use),
  );
  return before === undefined ? tierOf(at.tier) : tierOf(before);
}

/** Newer editions of packs that are in scope of the use. */
function packChanges(
  set: RecordSet,
  later: readonly CountedRecord[],
  use: ReviewedUse,
): readonly ReviewTrigger[] {
  const inScope = new Set<unknown>();
  for (const { statement } of recordsOfType(set, 'scope-determination')) {
    const { subjectRef, content } = statement.predicate;
    if (!isAbout(subjectRef, use)) continue;
    if (content.inScope === true) inScope.add(content.pack);
    else inScope.delete(content.pack);
  }
  return later.flatMap((record) => {
    const { type, kind, content } = record.statement.predicate;
    if (type !== 'policy-document' || kind !== 'framework-pack') return [];
    const pack = content.pack;
    const isObject = typeof pack === 'object' && pack !== null && !Array.isArray(pack);
    if (!isObject) return [];
    const { id, version } = pack as { readonly id?: unknown; readonly version?: unknown };
    if (!inScope.has(id)) return [];
    return [trigger('pack', record, `framework pack ${String(id)} ${String(version)} took effect`)];
  });
}
