// SPDX-License-Identifier: Apache-2.0
import type { Primitives } from '../primitives.ts';
import {
  asDigest,
  asNonEmpty,
  asObject,
  type JsonObject,
  onlyKeys,
  optional,
} from '../records/shape.ts';
import { isSelfNamed, type KeyEntry, readKeyEntry } from './key-entry.ts';
import {
  accountOf,
  accountsIn,
  type EnrolledKey,
  holdsRole,
  isSignedBy,
  type KeyRegister,
  signersInForce,
} from './key-register.ts';
import { attestedRoles } from './oidc-attestation.ts';
import type { Role } from './roles.ts';
import {
  after,
  final,
  lacking,
  type PlacedRecord,
  providerAt,
  type Refusal,
  rulesAt,
  type TrustResult,
  type TrustState,
  withEnding,
} from './trust-state.ts';

/** What a `key-enrolment` says. */
export interface Enrolment {
  readonly entry: KeyEntry;
  /** How the person was identified; empty for a service. */
  readonly proofing: string;
  /** Key that this one takes the place of. */
  readonly replaces?: string;
  /** ID token of the firm's provider, issued with the new key's id as its nonce. */
  readonly idToken?: string;
}

/** @throws KernelError `record_malformed` naming the member */
export function readEnrolment(content: JsonObject): Enrolment {
  onlyKeys(content, ['key', 'proofing', 'replaces', 'attestation'], 'content');
  const entry = readKeyEntry(asObject(content.key, 'content.key'), 'content.key');
  const replaces = optional(content.replaces, 'content.replaces', asDigest);
  const idToken = optional(content.attestation, 'content.attestation', (json, path) => {
    const object = asObject(json, path);
    onlyKeys(object, ['idToken'], path);
    return asNonEmpty(object.idToken, `${path}.idToken`);
  });
  const isPerson = entry.holder.kind === 'person';
  return {
    entry,
    proofing: isPerson ? asNonEmpty(content.proofing, 'content.proofing') : '',
    ...(replaces === undefined ? {} : { replaces }),
    ...(idToken === undefined ? {} : { idToken }),
  };
}

/**
 * Adds the key that an enrolment names: a quorum of administrators, acceptance with the new key itself, and for each
 * role somebody else who holds it, or the key that it replaces, or an attested identity (design.md, section 5). It takes
 * effect after the firm's delay; the replacement of a service's key at once, since a stolen one must not be waited for.
 * @throws KernelError `record_malformed`
 */
export function enrolKey(p: Primitives, record: PlacedRecord, state: TrustState): TrustResult {
  const enrolment = readEnrolment(record.statement.predicate.content);
  const { entry, replaces } = enrolment;
  if (!isSelfNamed(p, entry)) return final('the key id is not the digest of the key');
  if (state.register.has(entry.key.keyid)) return final('the key is enrolled already');
  const signers = signersInForce(p, record, state.register);
  const refused =
    replacementRefusal(state.register, enrolment) ??
    quorumRefusal(state, { record, signers, entry }) ??
    (isSignedBy(p, record, entry.key)
      ? undefined
      : lacking('not accepted with the new key itself')) ??
    confirmationRefusal(p, { record, signers, enrolment, state });
  if (refused !== undefined) return refused;
  return { state: { ...state, register: enrolled(record, { entry, replaces, state }) } };
}

function enrolled(
  record: PlacedRecord,
  at: {
    readonly entry: KeyEntry;
    readonly replaces: string | undefined;
    readonly state: TrustState;
  },
): KeyRegister {
  const { entry, replaces, state } = at;
  const isAtOnce = entry.holder.kind === 'service' && replaces !== undefined;
  const hours = isAtOnce ? 0 : rulesAt(state, record.loggedAt).delayHours;
  const effectiveFrom = after(record.loggedAt, hours);
  const register = new Map(state.register).set(entry.key.keyid, {
    ...entry,
    effectiveFrom,
    enrolledBy: record.digest,
    enrolledIndex: record.index,
    endings: [],
  });
  if (replaces === undefined) return register;
  const { digest, index } = record;
  return withEnding(register, replaces, {
    kind: 'retire',
    at: effectiveFrom,
    record: digest,
    index,
  });
}

/** There is one log and one platform: their keys are replaced, never joined by a second. */
function replacementRefusal(register: KeyRegister, enrolment: Enrolment): Refusal | undefined {
  const { entry, replaces } = enrolment;
  const { holder } = entry;
  if (replaces === undefined) {
    const isSingle = holder.kind === 'service' && holder.service !== 'gateway';
    return isSingle
      ? final(`a ${holder.service} key is enrolled in place of the one before`)
      : undefined;
  }
  const old = register.get(replaces);
  if (old === undefined)
    return final(`the key it replaces, ${replaces.slice(0, 12)}, is not enrolled`);
  if (holder.kind === 'service') {
    const isSame =
      old.holder.kind === 'service' &&
      old.holder.service === holder.service &&
      old.holder.name === holder.name;
    return isSame
      ? undefined
      : final(`the key it replaces is not of ${holder.service} ${holder.name}`);
  }
  return accountOf(old) === holder.account
    ? undefined
    : final(`the key it replaces is not of \`${holder.account}\``);
}

function quorumRefusal(
  state: TrustState,
  at: {
    readonly record: PlacedRecord;
    readonly signers: readonly EnrolledKey[];
    readonly entry: KeyEntry;
  },
): Refusal | undefined {
  const administrators = accountsIn(at.signers, 'administrator');
  const { quorum } = rulesAt(state, at.record.loggedAt);
  const { holder } = at.entry;
  if (holder.kind === 'person' && administrators.has(holder.account)) {
    return final('nobody enrols a key for themselves');
  }
  return administrators.size < quorum
    ? lacking(`signed by ${administrators.size} administrators, ${quorum} are needed`)
    : undefined;
}

/** Administrators alone make nobody an approver: the duty itself, or the firm's identity provider, has to know them. */
function confirmationRefusal(
  p: Primitives,
  at: {
    readonly record: PlacedRecord;
    readonly signers: readonly EnrolledKey[];
    readonly enrolment: Enrolment;
    readonly state: TrustState;
  },
): Refusal | undefined {
  const { record, signers, enrolment, state } = at;
  const { holder, key } = { ...enrolment.entry };
  if (holder.kind === 'service') return undefined;
  const open = holder.roles.filter((role) => !isConfirmed(signers, { role, enrolment }));
  if (open.length === 0) return undefined;
  if (enrolment.idToken === undefined)
    return lacking(`nobody in the role \`${open[0]}\` confirmed it`);
  const attested = attestedRoles(p, enrolment.idToken, {
    provider: providerAt(state, record.loggedAt),
    nonce: key.keyid,
    loggedAt: record.loggedAt,
  });
  if ('refused' in attested) {
    return lacking(`the attested identity is refused: ${attested.refused}`);
  }
  const left = open.find((role) => !attested.roles.includes(role));
  return left === undefined
    ? undefined
    : lacking(
        `neither somebody in the role \`${left}\` nor a group of the attested identity confirmed it`,
      );
}

function isConfirmed(
  signers: readonly EnrolledKey[],
  at: { readonly role: Role; readonly enrolment: Enrolment },
): boolean {
  const { holder } = at.enrolment.entry;
  const account = holder.kind === 'person' ? holder.account : '';
  // A validator of the firm's own vouches for an external one, since there may be no other of these.
  const peers: readonly Role[] =
    at.role === 'external-validator' ? ['external-validator', 'validator'] : [at.role];
  return signers.some(
    (key) =>
      (peers.some((role) => holdsRole(key, role)) && accountOf(key) !== account) ||
      (key.key.keyid === at.enrolment.replaces && holdsRole(key, at.role)),
  );
}
