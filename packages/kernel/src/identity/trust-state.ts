// SPDX-License-Identifier: Apache-2.0
import type { Primitives } from '../primitives.ts';
import type { SignedRecord } from '../records/statement.ts';
import { type Founding, readFounding } from './founding.ts';
import { isSelfNamed } from './key-entry.ts';
import {
  accountsIn,
  type EnrolledKey,
  type KeyEnding,
  type KeyRegister,
  signersOf,
} from './key-register.ts';
import type { IdentityProvider } from './oidc-attestation.ts';

/** How many administrators act together, and the delay of what they decide, from a time on. */
export interface FirmRules {
  readonly from: string;
  readonly quorum: number;
  readonly delayHours: number;
  /** Digest of the founding or rotation that set them. */
  readonly record: string;
  readonly kind: 'founding' | 'rotate' | 'recover';
}

/** Whom a firm trusts, as its records up to a place in the log leave it. */
export interface TrustState {
  readonly founding: Founding;
  readonly register: KeyRegister;
  /** In log order. */
  readonly rules: readonly FirmRules[];
  /** The firm's OpenID Connect provider, as its policy documents name it, each from a time on; in log order. */
  readonly providers: readonly { readonly from: string; readonly provider: IdentityProvider }[];
}

/** A record with its place and time in the log. */
export interface PlacedRecord extends SignedRecord {
  readonly index: number;
  readonly loggedAt: string;
}

/** Why a record changes nothing; `isOpen` where a further signature on it may mend that. */
export interface Refusal {
  readonly refused: string;
  readonly isOpen: boolean;
}

export type TrustResult = { readonly state: TrustState } | Refusal;

export const final = (refused: string): Refusal => ({ refused, isOpen: false });
export const lacking = (refused: string): Refusal => ({ refused, isOpen: true });

export function rulesAt(state: Pick<TrustState, 'rules'>, at: string): FirmRules {
  const found = state.rules.findLast(({ from }) => from <= at) ?? state.rules[0];
  if (found === undefined) throw new Error('a firm without a founding has no rules');
  return found;
}

/** The identity provider that counts at a time, or undefined while none does. */
export function providerAt(state: TrustState, at: string): IdentityProvider | undefined {
  return state.providers.findLast(({ from }) => from <= at)?.provider;
}

export function after(time: string, hours: number): string {
  return new Date(Date.parse(time) + hours * 3_600_000).toISOString();
}

/** Whom the founding record trusts, or why it founds nothing. */
export function foundTrust(p: Primitives, record: SignedRecord): TrustResult {
  if (record.statement.predicate.type !== 'founding') return final('not a founding record');
  const founding = readFounding(record.statement.predicate.content);
  const from = record.statement.predicate.claimedAt;
  const register = new Map<string, EnrolledKey>();
  for (const entry of founding.keys) {
    if (!isSelfNamed(p, entry)) {
      return final(`key id ${entry.key.keyid} is not the digest of its key`);
    }
    register.set(entry.key.keyid, {
      ...entry,
      effectiveFrom: from,
      enrolledBy: record.digest,
      enrolledIndex: 0,
      endings: [],
    });
  }
  const administrators = accountsIn(signersOf(p, record, register), 'administrator');
  if (administrators.size < founding.quorum) {
    return lacking(
      `signed by ${administrators.size} administrators, ${founding.quorum} are needed`,
    );
  }
  const { quorum, delayHours } = founding;
  const rules: FirmRules = { from, quorum, delayHours, record: record.digest, kind: 'founding' };
  return { state: { founding, register, rules: [rules], providers: [] } };
}

/** The register with one more thing done to a key. */
export function withEnding(register: KeyRegister, keyid: string, ending: KeyEnding): KeyRegister {
  const key = register.get(keyid);
  if (key === undefined) return register;
  return new Map(register).set(keyid, { ...key, endings: [...key.endings, ending] });
}
