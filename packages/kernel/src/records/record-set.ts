// SPDX-License-Identifier: Apache-2.0
import { enrolKey } from '../identity/enrolment.ts';
import { changeKey } from '../identity/key-change.ts';
import {
  type EnrolledKey,
  registerAsOf,
  serviceKeys,
  signersInForce,
  signersOf,
} from '../identity/key-register.ts';
import { readIdentityProvider } from '../identity/oidc-attestation.ts';
import type { Service } from '../identity/roles.ts';
import { rotateFounding } from '../identity/rotation.ts';
import { signerRefusal } from '../identity/signer-rules.ts';
import {
  after,
  final,
  foundTrust,
  type PlacedRecord,
  rulesAt,
  type TrustResult,
  type TrustState,
} from '../identity/trust-state.ts';
import type { Primitives, PublicKey } from '../primitives.ts';
import type { RecordType } from './record-type.ts';

/** A record with its place in the log. */
export interface LoggedRecord extends PlacedRecord {}

/** A record whose signatures make it count, with the enrolled keys that signed it. */
export interface CountedRecord extends LoggedRecord {
  readonly signers: readonly EnrolledKey[];
}

export interface RecordSet extends TrustState {
  /** Digest of the founding record: the one thing that is trusted from outside. */
  readonly root: string;
  /** In log order. */
  readonly records: readonly CountedRecord[];
  readonly byDigest: ReadonlyMap<string, CountedRecord>;
  /** Records that are in the log but count for nothing, with the reason. */
  readonly rejected: readonly { readonly digest: string; readonly reason: string }[];
}

export type RecordSetResult =
  | { readonly ok: true; readonly set: RecordSet }
  | { readonly ok: false; readonly reason: string };

/**
 * Derives what counts from logged records and the digest of the founding record.
 * A record that is wrongly signed does not stop the others: it is listed as rejected and counts for nothing.
 */
export function recordSet(
  p: Primitives,
  root: string,
  entries: readonly LoggedRecord[],
): RecordSetResult {
  const sorted = [...entries].sort((a, b) => a.index - b.index);
  const first = sorted[0];
  if (first === undefined || first.digest !== root) {
    return { ok: false, reason: `the first record is not the founding record ${root}` };
  }
  const founded = foundTrust(p, first);
  if ('refused' in founded) return { ok: false, reason: `founding record: ${founded.refused}` };
  const empty = { ...founded.state, root, records: [], byDigest: new Map(), rejected: [] };
  return { ok: true, set: fold(p, sorted, empty) };
}

/**
 * A set with later entries counted: the same as `recordSet` of all entries together, without verifying the earlier
 * ones again. Every entry must come after those of `set` in the log.
 */
export function extendRecordSet(
  p: Primitives,
  set: RecordSet,
  entries: readonly LoggedRecord[],
): RecordSet {
  if (entries.length === 0) return set;
  return fold(
    p,
    [...entries].sort((a, b) => a.index - b.index),
    set,
  );
}

function fold(p: Primitives, sorted: readonly LoggedRecord[], before: RecordSet): RecordSet {
  const records = [...before.records];
  const rejected = [...before.rejected];
  let state: TrustState = before;
  for (const entry of sorted) {
    const outcome = count(p, entry, { root: before.root, state });
    if ('reason' in outcome) {
      rejected.push({ digest: entry.digest, reason: outcome.reason });
      continue;
    }
    records.push(outcome.record);
    state = outcome.state;
  }
  const { founding, register, rules, providers } = state;
  return {
    root: before.root,
    founding,
    register,
    rules,
    providers,
    records,
    byDigest: new Map(records.map((record) => [record.digest, record])),
    rejected,
  };
}

function count(
  p: Primitives,
  entry: LoggedRecord,
  at: { readonly root: string; readonly state: TrustState },
): { readonly record: CountedRecord; readonly state: TrustState } | { readonly reason: string } {
  const { predicate } = entry.statement;
  const { state } = at;
  if (entry.digest === at.root) {
    return { record: { ...entry, signers: signersOf(p, entry, state.register) }, state };
  }
  if (predicate.type === 'founding') return { reason: 'a firm is founded once' };
  if (predicate.founding !== at.root) return { reason: 'it belongs to another founding record' };
  const trusted = trustAfter(p, entry, state);
  if ('refused' in trusted) return { reason: trusted.refused };
  const signers = signersInForce(p, entry, state.register);
  const refusal = signerRefusal(predicate, signers);
  if (refusal !== undefined) return { reason: refusal };
  return { record: { ...entry, signers }, state: trusted.state };
}

type Change = (p: Primitives, record: PlacedRecord, state: TrustState) => TrustResult;

const CHANGES: ReadonlyMap<RecordType, Change> = new Map<RecordType, Change>([
  ['key-enrolment', enrolKey],
  ['key-change', changeKey],
  ['founding-rotation', rotateFounding],
]);

/**
 * Whom the firm trusts after a record, if its signatures make it count. One that cannot be read changes nothing; it must
 * not keep the other records from counting.
 */
function trustAfter(p: Primitives, entry: LoggedRecord, state: TrustState): TrustResult {
  const { type, kind } = entry.statement.predicate;
  try {
    const change = CHANGES.get(type);
    if (change !== undefined) return change(p, entry, state);
    if (type !== 'policy-document' || kind !== 'identity-provider') return { state };
    return { state: withProvider(entry, state) };
  } catch (error) {
    return final(error instanceof Error ? error.message : 'it is unreadable');
  }
}

/** Another provider is another way to vouch for people: like a key, it takes effect after the delay. */
function withProvider(entry: LoggedRecord, state: TrustState): TrustState {
  const provider = readIdentityProvider(entry.statement.predicate.content.provider);
  const from = after(entry.loggedAt, rulesAt(state, entry.loggedAt).delayHours);
  return { ...state, providers: [...state.providers, { from, provider }] };
}

/** Keys of a service in force at the newest time that the set knows. */
export function serviceKeysOf(set: RecordSet, service: Service): readonly PublicKey[] {
  return serviceKeys(set.register, service, latestTime(set)).map(({ key }) => key);
}

/** Keys whose signature makes a checkpoint or a status one of the firm's log. */
export function logKeysOf(set: RecordSet): readonly PublicKey[] {
  return serviceKeysOf(set, 'log');
}

function latestTime(set: RecordSet): string {
  let latest = '';
  for (const { loggedAt } of set.records) if (loggedAt > latest) latest = loggedAt;
  return latest;
}

/** The records of a set up to and including a log position: what was known then. */
export function asOfIndex(set: RecordSet, index: number): RecordSet {
  const records = set.records.filter((record) => record.index <= index);
  return {
    ...set,
    register: registerAsOf(set.register, index),
    records,
    byDigest: new Map(records.map((record) => [record.digest, record])),
  };
}

/** In log order. A list of records never changes, so it is sorted by type once: judgements ask many times over. */
export function recordsOfType(set: RecordSet, type: RecordType): readonly CountedRecord[] {
  let byType = BY_TYPE.get(set.records);
  if (byType === undefined) {
    byType = Map.groupBy(set.records, ({ statement }) => statement.predicate.type);
    BY_TYPE.set(set.records, byType);
  }
  return byType.get(type) ?? [];
}

const BY_TYPE = new WeakMap<
  readonly CountedRecord[],
  ReadonlyMap<RecordType, readonly CountedRecord[]>
>();
