// SPDX-License-Identifier: Apache-2.0
import { latestItem, type VersionContext, versionContext } from '../evidence/evidence-items.ts';
import type { FrameworkPack } from '../evidence/pack.ts';
import { packIn } from '../evidence/pack-in.ts';
import { newestPolicyDocument, packsInScope } from '../evidence/packs-in-scope.ts';
import { asOfIndex, type CountedRecord, type RecordSet } from '../records/record-set.ts';
import { asArray, asBoolean, asObject, asOneOf } from '../records/shape.ts';
import type { CarriedItem } from './carried.ts';
import {
  type ChangeRequest,
  readChangeRequest,
  readFloor,
  replacementOf,
  type ThresholdFloor,
} from './change-request.ts';
import { type Policy, TIERS, type Tier } from './policy.ts';
import { policyIn } from './policy-in.ts';
import { type Duties, dutiesOf } from './separation-of-duties.ts';

/** Everything a gate judges from, read once from the records. */
export interface GateFacts {
  readonly set: RecordSet;
  readonly record: CountedRecord;
  readonly request: ChangeRequest;
  readonly context: VersionContext;
  readonly tier: Tier;
  readonly fairLending: boolean;
  readonly floors: readonly ThresholdFloor[];
  readonly policy: Policy;
  readonly packs: readonly FrameworkPack[];
  readonly duties: Duties;
  readonly now: string;
  /** What policy lets stand from the version in production, where the change is small: `carriedItems`. */
  readonly carried?: readonly CarriedItem[];
}

export type FactsResult =
  | { readonly ok: true; readonly facts: GateFacts }
  | { readonly ok: false; readonly reason: string };

/**
 * Reads the facts for a change request. Anything missing or malformed is a reason to deny, never to go on.
 * @param now UTC time that expiry is judged at
 */
export function gateFacts(set: RecordSet, changeRequest: string, now: string): FactsResult {
  try {
    return readFacts(set, changeRequest, now);
  } catch (error) {
    // A gate that errs denies: a malformed record under it is a refusal with its message.
    return { ok: false, reason: error instanceof Error ? error.message : 'unreadable records' };
  }
}

function readFacts(set: RecordSet, changeRequest: string, now: string): FactsResult {
  const record = set.byDigest.get(changeRequest);
  if (record?.statement.predicate.type !== 'change-record') {
    return { ok: false, reason: `no change request ${changeRequest} counts in the log` };
  }
  const replacement = replacementOf(set, record);
  if (replacement !== undefined) {
    const by = replacement.digest.slice(0, 12);
    return { ok: false, reason: `the request was replaced by ${by}: approve and promote that one` };
  }
  const request = readChangeRequest(record.statement.predicate.content);
  const { workspace, model, use, version } = record.statement.predicate.subjectRef;
  if (model === undefined || use === undefined || version === undefined) {
    return { ok: false, reason: 'the change request names no model, use and version' };
  }
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) return found;
  if (found.context.artifactDigest !== request.artifactDigest) {
    return { ok: false, reason: 'the change request is for other bytes than the version has' };
  }
  const tier = readTier(set, found.context);
  if (tier === undefined) return { ok: false, reason: 'model risk has not signed a tier' };
  const policyRecord = set.byDigest.get(request.policy);
  if (policyRecord?.statement.predicate.kind !== 'promotion-policy') {
    return { ok: false, reason: `policy ${request.policy} is not in force` };
  }
  const opened = asOfIndex(set, record.index);
  if (newestPolicyDocument(opened, 'promotion-policy')?.digest !== request.policy) {
    return { ok: false, reason: 'the policy it names was replaced before the request was opened' };
  }
  const packs = readPacks(set, request.packs);
  if (packs === undefined) {
    return { ok: false, reason: 'a framework pack it names is not in force' };
  }
  const omitted = packsInScope(opened, found.context).find(
    ({ digest }) => !request.packs.includes(digest),
  );
  if (omitted !== undefined) {
    const reason = `it leaves out framework pack ${omitted.digest.slice(0, 12)}, which is in scope`;
    return { ok: false, reason };
  }
  const facts: GateFacts = {
    set,
    record,
    request,
    context: found.context,
    ...tier,
    policy: policyIn(policyRecord),
    packs,
    duties: dutiesOf(set, found.context),
    now,
  };
  return { ok: true, facts };
}

interface TierFacts {
  readonly tier: Tier;
  readonly fairLending: boolean;
  readonly floors: readonly ThresholdFloor[];
}

/** What model risk signed for the use: tier, fair-lending status and threshold floors. */
export function readTier(set: RecordSet, context: VersionContext): TierFacts | undefined {
  const item = latestItem(set, context, { id: 'risk-tier' });
  if (item === undefined) return undefined;
  const { content } = item.statement.predicate;
  return {
    tier: asOneOf(content.tier, TIERS, 'content.tier'),
    fairLending: asBoolean(content.fairLending, 'content.fairLending'),
    floors: asArray(content.floors, 'content.floors', (json, path) =>
      readFloor(asObject(json, path), path),
    ),
  };
}

function readPacks(
  set: RecordSet,
  digests: readonly string[],
): readonly FrameworkPack[] | undefined {
  const packs: FrameworkPack[] = [];
  for (const digest of digests) {
    const record = set.byDigest.get(digest);
    if (record?.statement.predicate.kind !== 'framework-pack') return undefined;
    const parsed = packIn(record);
    if (!parsed.ok) return undefined;
    packs.push(parsed.pack);
  }
  return packs;
}
