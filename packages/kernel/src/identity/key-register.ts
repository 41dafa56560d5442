// SPDX-License-Identifier: Apache-2.0
import { verifySignature } from '../dsse.ts';
import type { Primitives, PublicKey } from '../primitives.ts';
import type { SignedRecord } from '../records/statement.ts';
import type { KeyEntry } from './key-entry.ts';
import type { Role, Service } from './roles.ts';

/** What a `key-change`, a replacement or a rotation did to a key. */
export interface KeyEnding {
  readonly kind: 'suspend' | 'reinstate' | 'retire';
  /** When it takes effect. */
  readonly at: string;
  /** Digest and log index of the record that says so. */
  readonly record: string;
  readonly index: number;
}

/** A key with who holds it, and when its signatures count. */
export interface EnrolledKey extends KeyEntry {
  readonly effectiveFrom: string;
  /** Digest and log index of the record that enrolled it. */
  readonly enrolledBy: string;
  readonly enrolledIndex: number;
  /** In log order. */
  readonly endings: readonly KeyEnding[];
}

export type KeyRegister = ReadonlyMap<string, EnrolledKey>;

export type KeyStanding = 'pending' | 'in force' | 'suspended' | 'retired' | 'expired';

/** How a key stands at a time. What is later in the log wins; retirement is final. */
export function keyStanding(key: EnrolledKey, at: string): KeyStanding {
  const done = key.endings.filter((ending) => ending.at <= at);
  if (done.some(({ kind }) => kind === 'retire')) return 'retired';
  if (key.holder.kind === 'person' && key.holder.limits !== undefined) {
    if (at >= key.holder.limits.until) return 'expired';
  }
  if (done.at(-1)?.kind === 'suspend') return 'suspended';
  return at < key.effectiveFrom ? 'pending' : 'in force';
}

export function isInForce(key: EnrolledKey, at: string): boolean {
  return keyStanding(key, at) === 'in force';
}

export function holdsRole(key: EnrolledKey, role: Role): boolean {
  return key.holder.kind === 'person' && key.holder.roles.includes(role);
}

/** Whether a key's signature counts for a duty on a model: an external validator is a validator of the models named. */
export function actsAs(key: EnrolledKey, role: Role, model: string | undefined): boolean {
  if (holdsRole(key, role)) return true;
  if (role !== 'validator' || key.holder.kind !== 'person' || model === undefined) return false;
  return holdsRole(key, 'external-validator') && key.holder.limits?.models.includes(model) === true;
}

export function accountOf(key: EnrolledKey): string {
  return key.holder.kind === 'person' ? key.holder.account : `service:${key.holder.name}`;
}

/** Different accounts among keys that hold a role. */
export function accountsIn(keys: readonly EnrolledKey[], role: Role): ReadonlySet<string> {
  return new Set(keys.filter((key) => holdsRole(key, role)).map(accountOf));
}

/** Whether each duty is held by somebody here, and nobody stands for two of them. */
export function coverDuties<Duty>(
  keys: readonly EnrolledKey[],
  duties: readonly Duty[],
  holds: (key: EnrolledKey, duty: Duty) => boolean,
): boolean {
  const [duty, ...rest] = duties;
  if (duty === undefined) return true;
  return keys
    .filter((key) => holds(key, duty))
    .some((key) => {
      const others = keys.filter((one) => accountOf(one) !== accountOf(key));
      return coverDuties(others, rest, holds);
    });
}

/** Enrolled keys whose signature over the record verifies. One key counts once. */
export function signersOf(
  p: Primitives,
  record: SignedRecord,
  register: KeyRegister,
): readonly EnrolledKey[] {
  const found = new Map<string, EnrolledKey>();
  for (const signature of record.envelope.signatures) {
    const key = register.get(signature.keyid);
    if (key === undefined || found.has(signature.keyid)) continue;
    if (verifySignature(p, record.envelope, signature, key.key)) found.set(signature.keyid, key);
  }
  return [...found.values()];
}

/** Of these, the keys in force when the record was logged: those whose signature counts. */
export function signersInForce(
  p: Primitives,
  record: SignedRecord & { readonly loggedAt: string },
  register: KeyRegister,
): readonly EnrolledKey[] {
  return signersOf(p, record, register).filter((key) => isInForce(key, record.loggedAt));
}

/** Whether a key signed the record, enrolled or not: how a new key accepts its enrolment. */
export function isSignedBy(p: Primitives, record: SignedRecord, key: PublicKey): boolean {
  const own = record.envelope.signatures.find(({ keyid }) => keyid === key.keyid);
  return own !== undefined && verifySignature(p, record.envelope, own, key);
}

/** Keys of a service that have not been retired or suspended by a time. */
export function serviceKeys(
  register: KeyRegister,
  service: Service,
  at: string,
): readonly EnrolledKey[] {
  return [...register.values()].filter(
    (key) => key.holder.kind === 'service' && key.holder.service === service && isInForce(key, at),
  );
}

/** The register as the records up to a log index leave it. */
export function registerAsOf(register: KeyRegister, index: number): KeyRegister {
  const known = [...register].filter(([, key]) => key.enrolledIndex <= index);
  return new Map(
    known.map(([keyid, key]) => {
      const endings = key.endings.filter((ending) => ending.index <= index);
      return [keyid, endings.length === key.endings.length ? key : { ...key, endings }];
    }),
  );
}
