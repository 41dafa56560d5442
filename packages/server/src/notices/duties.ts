// SPDX-License-Identifier: Apache-2.0
import {
  type RecordSet,
  type ReviewEntry,
  recordsOfType,
  reviewSchedule,
  wellFormedWarrant,
} from '@countersign/kernel';
import {
  listWarrants,
  type OpenRequest,
  openRequests,
  type WarrantEntry,
} from '../governance/index.ts';
import { modelSets } from '../records/index.ts';
import type { Audience, Person } from './notice.ts';
import { markOf, WARRANT_DAYS } from './thresholds.ts';

export interface NoticeQuestion {
  readonly workspace: string;
  /** UTC. */
  readonly now: string;
  readonly people: readonly Person[];
}

export interface NoticeFacts extends NoticeQuestion {
  readonly set: RecordSet;
  /** Account that owns a model, by model, as the inventory says. */
  readonly owners: ReadonlyMap<string, string>;
  /** Every warrant of the models of which one has a date to tell of, verified at the time. */
  readonly warrants: readonly WarrantEntry[];
  readonly reviews: readonly ReviewEntry[];
  /** Change requests that somebody may still act on. */
  readonly requests: readonly OpenRequest[];
}

export function noticeFacts(set: RecordSet, at: NoticeQuestion): NoticeFacts {
  const steps = factSteps(set, at);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * The same, a model at a time: verifying the warrants and judging the requests of a large firm takes seconds of the
 * processor, and whoever drives the steps can let others come in between.
 */
export function* factSteps(
  set: RecordSet,
  at: NoticeQuestion,
): Generator<undefined, NoticeFacts, undefined> {
  const owners = ownersOf(set, at.workspace);
  const warrants: WarrantEntry[] = [];
  const reviews: ReviewEntry[] = [];
  const requests: OpenRequest[] = [];
  const concerned = modelsWithDates(set, at.now);
  for (const model of modelSets(set, at.workspace).keys()) {
    yield;
    if (concerned.has(model)) warrants.push(...listWarrants(set, { ...at, model }));
    yield;
    reviews.push(...reviewSchedule(set, { ...at, model }));
    yield;
    requests.push(...openRequests(set, { ...at, model }));
  }
  return { set, ...at, owners, warrants, reviews, requests };
}

/** Models with a warrant that has a date to tell of: the warrants of others need not be verified. */
function modelsWithDates(set: RecordSet, now: string): ReadonlySet<string | undefined> {
  return new Set(
    recordsOfType(set, 'deployment-record').flatMap((record) => {
      const read = wellFormedWarrant(record);
      if (read === undefined) return [];
      const request = set.byDigest.get(read.warrant.changeRequest)?.statement.predicate.content;
      const isNear = markOf(read.warrant.expires, now, { days: WARRANT_DAYS, again: false });
      return isNear !== undefined || request?.class === 'emergency' ? [read.subject.model] : [];
    }),
  );
}

function ownersOf(set: RecordSet, workspace: string): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  for (const { statement } of recordsOfType(set, 'inventory-entry')) {
    const { subjectRef, content } = statement.predicate;
    if (subjectRef.workspace !== workspace || subjectRef.model === undefined) continue;
    if (typeof content.owner === 'string') owners.set(subjectRef.model, content.owner);
  }
  return owners;
}

/**
 * The owner of a model with others. An inventory may name as owner who has no account: then every model owner hears of
 * it, since nobody would otherwise.
 */
export function ownerAnd(facts: NoticeFacts, model: string | undefined, more: Audience): Audience {
  const owner = model === undefined ? undefined : facts.owners.get(model);
  const { accounts = [], roles = [] } = more;
  const isKnown = owner !== undefined && facts.people.some(({ account }) => account === owner);
  return isKnown
    ? { ...more, accounts: [...accounts, owner] }
    : { ...more, roles: [...roles, 'model-owner'] };
}

/** `consumer-credit@3 for underwriting`, as far as it is said. */
export function subjectOf(ref: {
  readonly model?: string | undefined;
  readonly version?: number | undefined;
  readonly use?: string | undefined;
}): string {
  const version = ref.version === undefined ? '' : `@${ref.version}`;
  const use = ref.use === undefined ? '' : ` for ${ref.use}`;
  return `${ref.model ?? 'the firm'}${version}${use}`;
}
