// SPDX-License-Identifier: Apache-2.0

import { latestItem, type VersionContext } from '../evidence/evidence-items.ts';
import { readChangeRequest } from '../gates/change-request.ts';
import type { GateVerdict } from '../gates/evaluate.ts';
import { type Excuse, excuseOf } from '../gates/excuses.ts';
import { gateFacts } from '../gates/facts.ts';
import { readPolicy, type Transition } from '../gates/policy.ts';
import { provisionalBreaches } from '../gates/provisional.ts';
import { judgeChangeRequest } from '../gates/rules.ts';
import { lapsedConditions } from '../governance/lapsed-conditions.ts';
import { overdueReview } from '../governance/overdue-review.ts';
import { asOfIndex, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { asObject } from '../records/shape.ts';
import type { SubjectRef } from '../records/statement.ts';
import { afterReviewMissed } from './after-review.ts';
import { endingsOf } from './endings.ts';
import { readWarrantRecord, type Warrant, type WarrantRecord } from './warrant.ts';

export type WarrantDenialCode =
  | 'warrant_missing'
  | 'warrant_malformed'
  | 'warrant_gates'
  | 'warrant_mismatch'
  | 'warrant_overlong'
  | 'warrant_demonstration'
  | 'warrant_environment'
  | 'warrant_not_yet'
  | 'warrant_expired'
  | 'warrant_revoked'
  | 'warrant_condition_lapsed'
  | 'warrant_review_overdue'
  | 'warrant_after_review_missed'
  | 'warrant_provisional';

export interface WarrantDenial {
  readonly code: WarrantDenialCode;
  readonly reason: string;
}

export type WarrantCheck =
  | { readonly ok: true; readonly grant: WarrantGrant }
  | { readonly ok: false; readonly denials: readonly WarrantDenial[] };

/** What a verified warrant lets a gateway do. */
export interface WarrantGrant {
  readonly digest: string;
  readonly warrant: Warrant;
  readonly subject: SubjectRef;
  readonly verdict: GateVerdict;
}

export interface WarrantQuestion {
  readonly warrant: string;
  readonly environment: Transition;
  readonly now: string;
  /** Whether this gateway is one that serves real people: it refuses demonstration warrants. */
  readonly production: boolean;
}

/**
 * Verifies a warrant from records alone. The gates are judged again on what the log held when the warrant was signed;
 * what came later can end it (revocation, expiry) but never make it.
 */
export function verifyWarrant(set: RecordSet, question: WarrantQuestion): WarrantCheck {
  try {
    return check(set, question);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'the warrant is unreadable';
    return { ok: false, denials: [{ code: 'warrant_malformed', reason }] };
  }
}

function check(set: RecordSet, question: WarrantQuestion): WarrantCheck {
  const found = readWarrantRecord(set.byDigest.get(question.warrant));
  if (found === undefined) {
    const rejected = set.rejected.find(({ digest }) => digest === question.warrant);
    const reason =
      rejected === undefined
        ? `no warrant ${question.warrant.slice(0, 12)} counts in the log`
        : `warrant ${question.warrant.slice(0, 12)} does not count: ${rejected.reason}`;
    return { ok: false, denials: [{ code: 'warrant_missing', reason }] };
  }
  const { record, warrant, subject } = found;
  const then = asOfIndex(set, record.index);
  const verdict = judgeChangeRequest(then, warrant.changeRequest, {
    phase: 'promote',
    now: record.loggedAt,
  });
  const denials = [
    ...verdict.missing.map((reason): WarrantDenial => ({ code: 'warrant_gates', reason })),
    ...mismatches(set, { warrant, subject }),
    ...widenings(then, { warrant, subject, verdict }),
    ...overlong(then, { warrant, verdict, loggedAt: record.loggedAt }),
    ...futureDated(record.loggedAt, question.now),
    ...timeAndPlace(set, warrant, question),
    ...afterReviewMissed(set, { record, changeRequest: warrant.changeRequest, now: question.now }),
    ...revocations(set, question.warrant),
    ...restrictionsOf(set, question.warrant, question.now),
    ...provisionalDenials(set, question.warrant, question.now),
  ];
  if (denials.length > 0) return { ok: false, denials };
  return { ok: true, grant: { digest: record.digest, warrant, subject, verdict } };
}

/** The warrant must repeat what its change request froze: it may not authorise other bytes, rules or stage. */
function mismatches(
  set: RecordSet,
  at: { readonly warrant: Warrant; readonly subject: SubjectRef },
): readonly WarrantDenial[] {
  const { warrant, subject } = at;
  const change = set.byDigest.get(warrant.changeRequest)?.statement.predicate;
  if (change === undefined) return [];
  const request = readChangeRequest(change.content);
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['stage', warrant.environment, request.transition],
    ['artefact', warrant.artifactDigest, request.artifactDigest],
    ['specification', warrant.spec, request.spec],
    ['policy', warrant.policy, request.policy],
    ['rules version', warrant.rulesVersion, request.rulesVersion],
    ['model', subject.model, change.subjectRef.model],
    ['use', subject.use, change.subjectRef.use],
    ['version', subject.version, change.subjectRef.version],
    ['workspace', subject.workspace, change.subjectRef.workspace],
    ['subject artefact', subject.artifactDigest, request.artifactDigest],
    ['demonstration stamp', warrant.demonstration, set.founding.demonstration],
  ];
  return pairs
    .filter(([, own, frozen]) => own !== frozen)
    .map(([what]) => ({
      code: 'warrant_mismatch',
      reason: `the warrant's ${what} is not the one that was approved`,
    }));
}

/**
 * What promotion derives from the approved records a warrant may not say otherwise: whoever holds the platform's key could
 * else loosen under the same approvals what answers in its place, whom it is for and on what conditions.
 */
function widenings(
  set: RecordSet,
  at: { readonly warrant: Warrant; readonly subject: SubjectRef; readonly verdict: GateVerdict },
): readonly WarrantDenial[] {
  const { warrant, subject, verdict } = at;
  const deny = (reason: string): WarrantDenial => ({ code: 'warrant_mismatch', reason });
  const denials: WarrantDenial[] = [];
  const approved = set.byDigest.get(warrant.spec)?.statement.predicate.content.fallback;
  if (approved !== undefined && asObject(approved, 'content.fallback').kind !== warrant.fallback) {
    denials.push(deny("the warrant's fallback is not the one that was approved"));
  }
  const excepted = exceptionsUsed(set, verdict);
  if (excepted.length > 0 && warrant.warrant === 'full') {
    denials.push(deny('the warrant is called full, but it rests on exceptions'));
  }
  const given = verdict.approvals.flatMap((rule) => rule.given.map(({ record }) => record));
  const restsOnThem =
    warrant.approvals.every((digest) => given.includes(digest)) &&
    warrant.exceptions.every((digest) => excepted.some((one) => one.digest === digest));
  if (!restsOnThem) {
    denials.push(deny('the warrant names an approval or exception that it does not rest on'));
  }
  const relief = excepted.filter(({ kind }) => kind !== 'exception');
  const showsThem =
    warrant.warrant === 'provisional' &&
    relief.every(({ digest }) => warrant.exceptions.includes(digest));
  if (relief.length > 0 && !showsThem) {
    denials.push(deny('the warrant hides a waiver or a provisional use that it rests on'));
  }
  const { use, exceptions } = warrant.limits;
  const text = excepted.length === 0 ? undefined : excepted.map(({ limits }) => limits).join(' ');
  if ((use !== undefined && use !== subject.use) || exceptions !== text) {
    denials.push(deny("the warrant's limits are not those that were approved"));
  }
  return denials;
}

/** Clocks differ; a log that dates records further ahead would let a pending key count before its delay is over. */
const FUTURE_MAX_MS = 300_000;

function futureDated(loggedAt: string, now: string): readonly WarrantDenial[] {
  if (Date.parse(loggedAt) <= Date.parse(now) + FUTURE_MAX_MS) return [];
  return [
    { code: 'warrant_not_yet', reason: `the log dates the warrant ${loggedAt}, in the future` },
  ];
}

const DAY_MS = 86_400_000;
/** The platform writes the end of a warrant a moment before the log dates it. */
const GRACE_MS = 3_600_000;

/** A warrant ends no later than its policy allows for the tier, and with the first exception that it rests on. */
function overlong(
  set: RecordSet,
  at: { readonly warrant: Warrant; readonly verdict: GateVerdict; readonly loggedAt: string },
): readonly WarrantDenial[] {
  const { warrant, verdict, loggedAt } = at;
  const read = gateFacts(set, warrant.changeRequest, loggedAt);
  if (!read.ok) return [];
  const { policy, tier, request } = read.facts;
  const days = policy.transitions[request.transition].warrantDaysMax[tier];
  const ends = [
    Date.parse(loggedAt) + days * DAY_MS + GRACE_MS,
    ...exceptionsUsed(set, verdict).map(({ expires }) => Date.parse(expires)),
    ...validationEnd(set, read.facts.context, verdict),
  ];
  if (Date.parse(warrant.expires) <= Math.min(...ends)) return [];
  const reason = `the warrant runs until ${warrant.expires}, longer than policy or its exceptions allow`;
  return [{ code: 'warrant_overlong', reason }];
}

/** The version's own validation, or the one that it carries from the version in production. */
function validationEnd(
  set: RecordSet,
  context: VersionContext,
  { carried = [] }: GateVerdict,
): readonly number[] {
  const item = carried.find(({ evidence }) => evidence === 'validation-report');
  const report =
    latestItem(set, context, { id: 'validation-report' }) ?? set.byDigest.get(item?.record ?? '');
  const expires = report?.statement.predicate.content.expires;
  return typeof expires === 'string' ? [Date.parse(expires)] : [];
}

/** The exceptions that a verdict rests on, each once. */
function exceptionsUsed(
  set: RecordSet,
  verdict: GateVerdict,
): readonly (Excuse & { readonly digest: string })[] {
  const excepted = verdict.conditions.filter(({ outcome }) => outcome === 'excepted');
  const digests = new Set(excepted.flatMap(({ records }) => records));
  return [...digests].flatMap((digest) => {
    const excuse = excuseOf(set.byDigest.get(digest));
    return excuse === undefined ? [] : [{ ...excuse, digest }];
  });
}

function timeAndPlace(
  set: RecordSet,
  warrant: Warrant,
  question: WarrantQuestion,
): readonly WarrantDenial[] {
  const denials: WarrantDenial[] = [];
  if (question.production && set.founding.demonstration) {
    denials.push({
      code: 'warrant_demonstration',
      reason:
        'the firm was founded in demonstration mode; a production gateway refuses its warrants',
    });
  }
  if (warrant.environment !== question.environment) {
    denials.push({
      code: 'warrant_environment',
      reason: `the warrant is for ${warrant.environment}, not ${question.environment}`,
    });
  }
  if (question.now < warrant.notBefore) {
    denials.push({ code: 'warrant_not_yet', reason: `the warrant starts at ${warrant.notBefore}` });
  }
  if (question.now >= warrant.expires) {
    denials.push({ code: 'warrant_expired', reason: `the warrant expired at ${warrant.expires}` });
  }
  return denials;
}

function revocations(set: RecordSet, warrant: string): readonly WarrantDenial[] {
  return endingsOf(set, warrant).map(({ digest, statement }) => ({
    code: 'warrant_revoked',
    reason: `the warrant was ended by record ${digest.slice(0, 12)}: ${String(statement.predicate.content.reason ?? '')}`,
  }));
}

/**
 * What ends a provisional warrant in production for a time or for good, beside its expiry: monitoring that is overdue, answers
 * beyond the limit of its policy. It changes with the records, so whoever remembers a verdict asks this anew.
 */
export function provisionalDenials(
  set: RecordSet,
  digest: string,
  now: string,
): readonly WarrantDenial[] {
  const found = readWarrantRecord(set.byDigest.get(digest));
  if (found === undefined || !restsOnProvisionalUse(set, found.warrant)) return [];
  const policy = set.byDigest.get(found.warrant.policy)?.statement.predicate.content.policy;
  const rule = readPolicy(policy, 'content.policy').provisional;
  const warrant = { digest, subject: found.subject, from: found.warrant.notBefore };
  return rule === undefined
    ? [{ code: 'warrant_provisional', reason: 'its policy allows no provisional use' }]
    : provisionalBreaches(set, warrant, { rule, now }).map((reason) => ({
        code: 'warrant_provisional',
        reason,
      }));
}

/**
 * What keeps a warrant from holding although nobody ended it: a lapsed condition of its approval, a lapsed acceptance of
 * risk, a review that its policy makes it depend on. It holds again once that is mended.
 */
export function restrictionsOf(
  set: RecordSet,
  digest: string,
  now: string,
): readonly WarrantDenial[] {
  const found = readWarrantRecord(set.byDigest.get(digest));
  if (found === undefined) return [];
  const { record, warrant, subject } = found;
  const overdue = overdueReview(
    set,
    { policy: warrant.policy, subject, loggedAt: record.loggedAt },
    now,
  );
  return [
    ...lapsedConditions(set, { changeRequest: warrant.changeRequest, subject }, now).map(
      ({ reason }): WarrantDenial => ({ code: 'warrant_condition_lapsed', reason }),
    ),
    ...(overdue === undefined
      ? []
      : [{ code: 'warrant_review_overdue' as const, reason: overdue }]),
  ];
}

function restsOnProvisionalUse(set: RecordSet, warrant: Warrant): boolean {
  return (
    warrant.environment === 'production' &&
    warrant.exceptions.some((one) => excuseOf(set.byDigest.get(one))?.kind === 'provisional')
  );
}

/**
 * Provisional warrants in production, with how many answers their policy allows: for whoever counts answers and holds no
 * headers of decision batches. One that cannot be read is left out; it authorises nothing anyway.
 */
export function provisionalWarrants(
  set: RecordSet,
): readonly (WarrantRecord & { readonly answersMax: number })[] {
  return recordsOfType(set, 'deployment-record').flatMap((record) => {
    try {
      const found = readWarrantRecord(record);
      if (found === undefined || !restsOnProvisionalUse(set, found.warrant)) return [];
      const policy = set.byDigest.get(found.warrant.policy)?.statement.predicate.content.policy;
      const rule = readPolicy(policy, 'content.policy').provisional;
      return [{ ...found, answersMax: rule?.limits.answersMax ?? 0 }];
    } catch {
      return [];
    }
  });
}

/** Digests of the warrants that hold at a time: what a signed status lists. */
export function liveWarrants(set: RecordSet, now: string): readonly string[] {
  return set.records
    .filter(
      ({ statement: { predicate } }) =>
        predicate.type === 'deployment-record' && predicate.kind === 'promote',
    )
    .filter((record) => {
      const found = readWarrantRecord(record);
      if (found === undefined) return false;
      const question: WarrantQuestion = {
        warrant: record.digest,
        environment: found.warrant.environment,
        now,
        production: false,
      };
      return verifyWarrant(set, question).ok;
    })
    .map(({ digest }) => digest);
}
