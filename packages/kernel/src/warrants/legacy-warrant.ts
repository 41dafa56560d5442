// SPDX-License-Identifier: Apache-2.0
import {
  ENFORCEMENT_GRADES,
  type EnforcementGrade,
  enforcementGrade,
  originOfVersion,
} from '../evidence/enforcement-grade.ts';
import { latestItem, type VersionContext, versionContext } from '../evidence/evidence-items.ts';
import { readInventoryFacts } from '../evidence/inventory-entry.ts';
import { newestPolicyDocument } from '../evidence/packs-in-scope.ts';
import { readTier } from '../gates/facts.ts';
import { type LegacyRule, readPolicy, TIERS, type Tier } from '../gates/policy.ts';
import { actsAs, coverDuties } from '../identity/key-register.ts';
import { asOfIndex, type CountedRecord, type RecordSet } from '../records/record-set.ts';
import {
  asBoolean,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asTime,
  type JsonObject,
  onlyKeys,
} from '../records/shape.ts';
import { endingsOf } from './endings.ts';

/**
 * A legacy warrant (`deployment-record` of kind legacy): a version was in use before the firm came here, and until `expires`
 * it has to be taken through the gates or out of use. It lets nothing answer: no gateway reads it, and `verifyWarrant` knows
 * no such kind. It is a due date that two persons signed for.
 */
export interface LegacyWarrant {
  readonly warrant: 'legacy';
  readonly environment: 'production';
  readonly artifactDigest: string;
  /** The signed request. */
  readonly request: string;
  readonly policy: string;
  readonly tier: Tier;
  readonly enforcement: EnforcementGrade;
  /** Day, by the owner's word. */
  readonly inUseSince: string;
  readonly demonstration: boolean;
  readonly notBefore: string;
  readonly expires: string;
}

const KEYS = [
  'warrant',
  'environment',
  'artifactDigest',
  'request',
  'policy',
  'tier',
  'enforcement',
  'inUseSince',
  'demonstration',
  'notBefore',
  'expires',
];

export function readLegacyWarrant(content: JsonObject): LegacyWarrant {
  onlyKeys(content, KEYS, 'content');
  return {
    warrant: asOneOf(content.warrant, ['legacy'] as const, 'content.warrant'),
    environment: asOneOf(content.environment, ['production'] as const, 'content.environment'),
    artifactDigest: asDigest(content.artifactDigest, 'content.artifactDigest'),
    request: asDigest(content.request, 'content.request'),
    policy: asDigest(content.policy, 'content.policy'),
    tier: asOneOf(content.tier, TIERS, 'content.tier'),
    enforcement: asOneOf(content.enforcement, ENFORCEMENT_GRADES, 'content.enforcement'),
    inUseSince: asNonEmpty(content.inUseSince, 'content.inUseSince'),
    demonstration: asBoolean(content.demonstration, 'content.demonstration'),
    notBefore: asTime(content.notBefore, 'content.notBefore'),
    expires: asTime(content.expires, 'content.expires'),
  };
}

export type LegacyTerms =
  | { readonly ok: true; readonly warrant: LegacyWarrant }
  | { readonly ok: false; readonly missing: readonly string[] };

const DAY_MS = 86_400_000;

/**
 * What a legacy warrant at a signed request says, or what it lacks. Server and verifier compute it alike: a warrant that
 * says anything else does not hold.
 * @param request digest of a `run-request` with job `onboard`
 * @param now when the warrant is signed
 */
export function legacyTerms(set: RecordSet, request: string, now: string): LegacyTerms {
  try {
    return computeTerms(set, request, now);
  } catch (error) {
    // Whatever cannot be read allows nothing.
    return { ok: false, missing: [error instanceof Error ? error.message : 'unreadable records'] };
  }
}

function computeTerms(set: RecordSet, request: string, now: string): LegacyTerms {
  const no = (...missing: readonly string[]): LegacyTerms => ({ ok: false, missing });
  const asked = set.byDigest.get(request);
  if (asked?.statement.predicate.type !== 'run-request') return no('no signed request counts');
  const { content, subjectRef } = asked.statement.predicate;
  const { workspace, model, use, version, artifactDigest } = subjectRef;
  if (content.job !== 'onboard') return no('the request is not for onboarding');
  if (model === undefined || use === undefined || version === undefined)
    return no('the request names no model, use and version');
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) return no(found.reason);
  const { context } = found;
  if (artifactDigest !== context.artifactDigest) return no('the request is for other bytes');
  const policyRecord = newestPolicyDocument(set, 'promotion-policy');
  const rule = legacyRuleOf(policyRecord);
  if (policyRecord === undefined || rule === undefined)
    return no('the policy in force has no rule `legacy`: nothing is onboarded under it');
  const inUseSince = asNonEmpty(
    asObject(content.params, 'content.params').inUseSince,
    'content.params.inUseSince',
  );
  const tier = readTier(set, context)?.tier;
  const missing = [
    ...unsigned(asked, rule, model),
    ...undeclared(set, context, inUseSince),
    ...(tier === undefined ? ['model risk has not signed a tier'] : []),
    ...(originOfVersion(set, context) === 'built'
      ? ['a run built the version here: it was in use nowhere before']
      : []),
  ];
  if (tier === undefined || missing.length > 0) return no(...missing);
  const began = firstLegacy(set, context)?.loggedAt ?? now;
  const expires = new Date(Date.parse(began) + rule.daysMax[tier] * DAY_MS).toISOString();
  if (expires <= now)
    return no(`the time for this use ran out at ${expires}: a renewal adds nothing`);
  return {
    ok: true,
    warrant: {
      warrant: 'legacy',
      environment: 'production',
      artifactDigest: context.artifactDigest,
      request,
      policy: policyRecord.digest,
      tier,
      enforcement: enforcementGrade(set, context),
      inUseSince,
      demonstration: set.founding.demonstration,
      notBefore: now,
      expires,
    },
  };
}

/** The rule of a policy document, or undefined where it has none. */
export function legacyRuleOf(policy: CountedRecord | undefined): LegacyRule | undefined {
  if (policy === undefined) return undefined;
  return readPolicy(policy.statement.predicate.content.policy, 'content.policy').legacy;
}

function unsigned(
  request: CountedRecord,
  { signers }: LegacyRule,
  model: string,
): readonly string[] {
  const isCovered = coverDuties(request.signers, signers, (key, role) => actsAs(key, role, model));
  return isCovered
    ? []
    : [`the request is signed by different persons in the roles ${signers.join(' and ')}`];
}

/** The owner said so when the model was entered, and before the entry was made: nothing comes into use by being declared. */
function undeclared(
  set: RecordSet,
  context: VersionContext,
  inUseSince: string,
): readonly string[] {
  const entry = latestItem(set, context, { id: 'inventory-entry' });
  const declared =
    entry === undefined
      ? undefined
      : readInventoryFacts(entry.statement.predicate.content).inUseSince;
  if (declared !== inUseSince)
    return [`the inventory entry does not say that it is in use since ${inUseSince}`];
  const first = set.records.find(
    ({ statement: { predicate } }) =>
      predicate.type === 'inventory-entry' &&
      predicate.subjectRef.workspace === context.workspace &&
      predicate.subjectRef.model === context.model,
  );
  const entered = first?.loggedAt.slice(0, 10) ?? '';
  return inUseSince < entered
    ? []
    : [`it was entered on ${entered}: \`in use since\` must lie before that`];
}

/** The clock runs from the first legacy warrant of the model for the use, whichever version it was for. */
function firstLegacy(set: RecordSet, context: VersionContext): CountedRecord | undefined {
  return set.records.find(
    ({ statement: { predicate } }) =>
      predicate.type === 'deployment-record' &&
      predicate.kind === 'legacy' &&
      predicate.subjectRef.workspace === context.workspace &&
      predicate.subjectRef.model === context.model &&
      predicate.subjectRef.use === context.use,
  );
}

export interface LegacyStanding {
  readonly digest: string;
  readonly warrant: LegacyWarrant;
  readonly state: 'running' | 'overdue' | 'ended';
}

/** The log dates a warrant a moment after the platform wrote it. */
const GRACE_MS = 3_600_000;

/**
 * How the newest legacy warrant of a version for a use stands, judged again from what the log held when it was signed;
 * undefined where there is none that holds.
 */
export function legacyStanding(
  set: RecordSet,
  context: VersionContext,
  now: string,
): LegacyStanding | undefined {
  const record = set.records.findLast(
    ({
      statement: {
        predicate: { type, kind, subjectRef: ref },
      },
    }) =>
      type === 'deployment-record' &&
      kind === 'legacy' &&
      ref.workspace === context.workspace &&
      ref.model === context.model &&
      ref.use === context.use &&
      ref.version === context.version,
  );
  const warrant = record === undefined ? undefined : verified(set, record);
  if (record === undefined || warrant === undefined) return undefined;
  const isEnded = endingsOf(set, record.digest).length > 0;
  const state = isEnded ? 'ended' : now < warrant.expires ? 'running' : 'overdue';
  return { digest: record.digest, warrant, state };
}

function verified(set: RecordSet, record: CountedRecord): LegacyWarrant | undefined {
  try {
    const warrant = readLegacyWarrant(record.statement.predicate.content);
    const before = asOfIndex(set, record.index - 1);
    const terms = legacyTerms(before, warrant.request, warrant.notBefore);
    if (!terms.ok) return undefined;
    const isPrompt =
      Math.abs(Date.parse(record.loggedAt) - Date.parse(warrant.notBefore)) <= GRACE_MS;
    const asked = set.byDigest.get(warrant.request)?.statement.predicate.subjectRef;
    const own = record.statement.predicate.subjectRef;
    const isSame =
      JSON.stringify(ordered(warrant)) === JSON.stringify(ordered(terms.warrant)) &&
      own.version === asked?.version &&
      own.use === asked?.use &&
      own.model === asked?.model;
    return isPrompt && isSame ? warrant : undefined;
  } catch {
    return undefined;
  }
}

function ordered(warrant: LegacyWarrant): readonly (readonly [string, unknown])[] {
  return Object.entries(warrant).sort(([a], [b]) => (a < b ? -1 : 1));
}
