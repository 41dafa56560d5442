// SPDX-License-Identifier: Apache-2.0
import type { Founding } from '../identity/founding.ts';
import {
  type EnrolledKey,
  enrolKey,
  foundRegister,
  type KeyRegister,
  signersOf,
} from '../identity/key-register.ts';
import { signerRefusal } from '../identity/signer-rules.ts';
import type { Primitives } from '../primitives.ts';
import type { RecordType } from './record-type.ts';
import type { SignedRecord } from './statement.ts';

/** A record with its place in the log. */
export interface LoggedRecord extends SignedRecord {
  readonly index: number;
  readonly loggedAt: string;
}

/** A record whose signatures make it count, with the enrolled keys that signed it. */
export interface CountedRecord extends LoggedRecord {
  readonly signers: readonly EnrolledKey[];
}

export interface RecordSet {
  /** Digest of the founding record: the one thing that is trusted from outside. */
  readonly root: string;
  readonly founding: Founding;
  readonly register: KeyRegister;
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
  const founded = foundRegister(p, first);
  if ('refused' in founded) return { ok: false, reason: `founding record: ${founded.refused}` };
  const empty: RecordSet = {
    root,
    founding: founded.founding,
    register: founded.register,
    records: [],
    byDigest: new Map(),
    rejected: [],
  };
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

interface Fold {
  readonly founding: Founding;
  register: KeyRegister;
}

function fold(p: Primitives, sorted: readonly LoggedRecord[], before: RecordSet): RecordSet {
  const { root, founding } = before;
  const state: Fold = { founding, register: before.register };
  const records = [...before.records];
  const rejected = [...before.rejected];
  for (const entry of sorted) {
    const outcome = count(p, entry, { root, state });
    if ('reason' in outcome) rejected.push({ digest: entry.digest, reason: outcome.reason });
    else records.push(outcome);
  }
  return {
    root,
    founding,
    register: state.register,
    records,
    byDigest: new Map(records.map((record) => [record.digest, record])),
    rejected,
  };
}

function count(
  p: Primitives,
  entry: LoggedRecord,
  at: { readonly root: string; readonly state: Fold },
): CountedRecord | { readonly reason: string } {
  const { predicate } = entry.statement;
  const { state } = at;
  if (entry.digest === at.root) return { ...entry, signers: signersOf(p, entry, state.register) };
  if (predicate.type === 'founding') return { reason: 'a firm is founded once' };
  if (predicate.founding !== at.root) return { reason: 'it belongs to another founding record' };
  const enrolled = predicate.type === 'key-enrolment' ? enrolment(p, entry, state) : undefined;
  if (enrolled !== undefined && 'refused' in enrolled) return { reason: enrolled.refused };
  const signers = signersOf(p, entry, state.register).filter(
    (key) => key.effectiveFrom <= entry.loggedAt,
  );
  const refusal = signerRefusal(predicate, signers);
  if (refusal !== undefined) return { reason: refusal };
  if (enrolled !== undefined) state.register = enrolled.register;
  return { ...entry, signers };
}

/** An enrolment that cannot be read enrols nobody; it must not keep the other records from counting. */
function enrolment(p: Primitives, entry: LoggedRecord, state: Fold): ReturnType<typeof enrolKey> {
  try {
    return enrolKey(p, entry, state);
  } catch (error) {
    return { refused: error instanceof Error ? error.message : 'the enrolment is unreadable' };
  }
}

/** The records of a set up to and including a log position: what was known then. */
export function asOfIndex(set: RecordSet, index: number): RecordSet {
  const records = set.records.filter((record) => record.index <= index);
  return {
    ...set,
    records,
    byDigest: new Map(records.map((record) => [record.digest, record])),
  };
}

export function recordsOfType(set: RecordSet, type: RecordType): readonly CountedRecord[] {
  return set.records.filter((record) => record.statement.predicate.type === type);
}
