// SPDX-License-Identifier: Apache-2.0
import { fromBase64 } from '../bytes.ts';
import { verifySignature } from '../dsse.ts';
import { keyIdOf, type Primitives } from '../primitives.ts';
import { asObject } from '../records/shape.ts';
import type { SignedRecord } from '../records/statement.ts';
import { type Founding, type KeyEntry, readFounding, readKeyEntry } from './founding.ts';
import type { Role } from './roles.ts';

/** A key with who holds it, and since when its signatures count. */
export interface EnrolledKey extends KeyEntry {
  readonly effectiveFrom: string;
  /** Digest of the record that enrolled it. */
  readonly enrolledBy: string;
}

export type KeyRegister = ReadonlyMap<string, EnrolledKey>;

export function holdsRole(key: EnrolledKey, role: Role): boolean {
  return key.holder.kind === 'person' && key.holder.roles.includes(role);
}

export function accountOf(key: EnrolledKey): string {
  return key.holder.kind === 'person' ? key.holder.account : `service:${key.holder.name}`;
}

/** The register as the founding record leaves it, or why that record founds nothing. */
export function foundRegister(
  p: Primitives,
  record: SignedRecord,
): { readonly founding: Founding; readonly register: KeyRegister } | { readonly refused: string } {
  if (record.statement.predicate.type !== 'founding') return { refused: 'not a founding record' };
  const founding = readFounding(record.statement.predicate.content);
  const register = new Map<string, EnrolledKey>();
  for (const entry of founding.keys) {
    if (keyIdOf(p, fromBase64(entry.key.spki)) !== entry.key.keyid) {
      return { refused: `key id ${entry.key.keyid} is not the digest of its key` };
    }
    register.set(entry.key.keyid, {
      ...entry,
      effectiveFrom: record.statement.predicate.claimedAt,
      enrolledBy: record.digest,
    });
  }
  const administrators = signersOf(p, record, register).filter((key) =>
    holdsRole(key, 'administrator'),
  );
  const accounts = new Set(administrators.map(accountOf));
  if (accounts.size < founding.quorum) {
    return { refused: `signed by ${accounts.size} administrators, ${founding.quorum} are needed` };
  }
  return { founding, register };
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

/**
 * Adds the key that an enrolment record names: a quorum of administrators, acceptance with the new key itself,
 * and somebody who already holds each role granted (design.md, section 5). It takes effect after the founding's delay.
 */
export function enrolKey(
  p: Primitives,
  record: SignedRecord & { readonly loggedAt: string },
  state: { readonly founding: Founding; readonly register: KeyRegister },
): { readonly register: KeyRegister } | { readonly refused: string } {
  const entry = readKeyEntry(
    asObject(record.statement.predicate.content.key, 'content.key'),
    'content.key',
  );
  if (keyIdOf(p, fromBase64(entry.key.spki)) !== entry.key.keyid) {
    return { refused: 'the key id is not the digest of the key' };
  }
  if (state.register.has(entry.key.keyid)) return { refused: 'the key is enrolled already' };
  const signers = signersOf(p, record, state.register).filter(
    (key) => key.effectiveFrom <= record.loggedAt,
  );
  const refused = enrolmentRefusal(p, record, { entry, signers, quorum: state.founding.quorum });
  if (refused !== undefined) return { refused };
  const effective = Date.parse(record.loggedAt) + state.founding.delayHours * 3_600_000;
  const register = new Map(state.register);
  register.set(entry.key.keyid, {
    ...entry,
    effectiveFrom: new Date(effective).toISOString(),
    enrolledBy: record.digest,
  });
  return { register };
}

function enrolmentRefusal(
  p: Primitives,
  record: SignedRecord,
  facts: { entry: KeyEntry; signers: readonly EnrolledKey[]; quorum: number },
): string | undefined {
  const { entry, signers, quorum } = facts;
  const administrators = new Set(
    signers.filter((key) => holdsRole(key, 'administrator')).map(accountOf),
  );
  if (administrators.size < quorum) {
    return `signed by ${administrators.size} administrators, ${quorum} are needed`;
  }
  const own = record.envelope.signatures.find(({ keyid }) => keyid === entry.key.keyid);
  if (own === undefined || !verifySignature(p, record.envelope, own, entry.key)) {
    return 'not accepted with the new key itself';
  }
  if (entry.holder.kind === 'service') return undefined;
  const account = entry.holder.account;
  if (administrators.has(account)) return 'nobody enrols a key for themselves';
  const unconfirmed = entry.holder.roles.find(
    (role) => !signers.some((key) => holdsRole(key, role) && accountOf(key) !== account),
  );
  return unconfirmed === undefined
    ? undefined
    : `nobody in the role \`${unconfirmed}\` confirmed it`;
}
