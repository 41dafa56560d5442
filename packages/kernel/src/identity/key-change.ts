// SPDX-License-Identifier: Apache-2.0
import type { Primitives } from '../primitives.ts';
import { asDigest, asNonEmpty, asOneOf, type JsonObject, onlyKeys } from '../records/shape.ts';
import {
  accountOf,
  accountsIn,
  type EnrolledKey,
  holdsRole,
  type KeyEnding,
  keyStanding,
  signersInForce,
} from './key-register.ts';
import {
  after,
  final,
  lacking,
  type PlacedRecord,
  type Refusal,
  rulesAt,
  type TrustResult,
  type TrustState,
  withEnding,
} from './trust-state.ts';

export const KEY_CHANGES = ['suspend', 'reinstate', 'retire'] as const;
export type KeyChangeKind = (typeof KEY_CHANGES)[number];

export interface KeyChange {
  readonly keyid: string;
  readonly reason: string;
}

export function readKeyChange(content: JsonObject): KeyChange {
  onlyKeys(content, ['keyid', 'reason'], 'content');
  return {
    keyid: asDigest(content.keyid, 'content.keyid'),
    reason: asNonEmpty(content.reason, 'content.reason'),
  };
}

/**
 * Suspends, reinstates or retires a key. Stopping takes one person, at once; undoing it takes a quorum that the holder
 * is not part of, and the delay. What the key signed before stays signed.
 * @throws KernelError `record_malformed`
 */
export function changeKey(p: Primitives, record: PlacedRecord, state: TrustState): TrustResult {
  const kind = asOneOf(record.statement.predicate.kind, KEY_CHANGES, 'predicate.kind');
  const { keyid } = readKeyChange(record.statement.predicate.content);
  const key = state.register.get(keyid);
  if (key === undefined) return final(`key ${keyid.slice(0, 12)} is not enrolled`);
  const signers = signersInForce(p, record, state.register);
  const { quorum, delayHours } = rulesAt(state, record.loggedAt);
  const refused =
    standingRefusal(key, kind, record.loggedAt) ?? signerRefusal(key, { kind, signers, quorum });
  if (refused !== undefined) return refused;
  const ending: KeyEnding = {
    kind,
    at: kind === 'reinstate' ? after(record.loggedAt, delayHours) : record.loggedAt,
    record: record.digest,
    index: record.index,
  };
  return { state: { ...state, register: withEnding(state.register, keyid, ending) } };
}

function standingRefusal(key: EnrolledKey, kind: KeyChangeKind, at: string): Refusal | undefined {
  if (keyStanding(key, at) === 'retired') {
    return final('the key is retired, and that is final');
  }
  const isLog = key.holder.kind === 'service' && key.holder.service === 'log';
  // Without a log key nothing can be verified any more, a revocation included.
  if (isLog) return final('a log key is replaced, never suspended or retired alone');
  const last = key.endings.at(-1)?.kind;
  if (kind === 'reinstate' && last !== 'suspend') {
    return final('the key is not suspended');
  }
  return kind === 'suspend' && last === 'suspend'
    ? final('the key is suspended already')
    : undefined;
}

function signerRefusal(
  key: EnrolledKey,
  at: {
    readonly kind: KeyChangeKind;
    readonly signers: readonly EnrolledKey[];
    readonly quorum: number;
  },
): Refusal | undefined {
  const { kind, signers, quorum } = at;
  const isHolder = signers.some((one) => accountOf(one) === accountOf(key));
  const administrators = accountsIn(signers, 'administrator');
  if (kind === 'suspend') {
    const may =
      isHolder || administrators.size > 0 || signers.some((s) => holdsRole(s, 'model-risk'));
    return may
      ? undefined
      : lacking('a key is suspended by its holder, an administrator or model risk');
  }
  if (kind === 'retire' && isHolder) return undefined;
  if (kind === 'reinstate' && administrators.has(accountOf(key))) {
    return final('nobody reinstates a key of their own');
  }
  return administrators.size < quorum
    ? lacking(`signed by ${administrators.size} administrators, ${quorum} are needed`)
    : undefined;
}
