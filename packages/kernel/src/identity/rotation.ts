// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from '../json/canonical.ts';
import type { Primitives } from '../primitives.ts';
import {
  asArray,
  asCount,
  asDigest,
  asNonEmpty,
  asOneOf,
  type JsonObject,
  onlyKeys,
} from '../records/shape.ts';
import { requireDelays } from './founding.ts';
import { isSelfNamed, type KeyEntry, keyEntryJson, readKeyEntry } from './key-entry.ts';
import {
  accountOf,
  accountsIn,
  type EnrolledKey,
  holdsRole,
  isInForce,
  isSignedBy,
  type KeyRegister,
  signersInForce,
} from './key-register.ts';
import { RECOVERY_ROLES } from './roles.ts';
import {
  after,
  type FirmRules,
  final,
  lacking,
  type PlacedRecord,
  type Refusal,
  rulesAt,
  type TrustResult,
  type TrustState,
  withEnding,
} from './trust-state.ts';

export const ROTATION_KINDS = ['rotate', 'recover', 'object'] as const;

/** The firm's administrators from then on, all of them. */
export interface Rotation {
  readonly quorum: number;
  readonly delayHours: number;
  readonly administrators: readonly KeyEntry[];
  readonly reason: string;
}

export function readRotation(content: JsonObject): Rotation {
  onlyKeys(content, ['quorum', 'delayHours', 'administrators', 'reason'], 'content');
  return {
    quorum: asCount(content.quorum, 'content.quorum'),
    delayHours: asCount(content.delayHours, 'content.delayHours'),
    administrators: asArray(content.administrators, 'content.administrators', readKeyEntry),
    reason: asNonEmpty(content.reason, 'content.reason'),
  };
}

/**
 * Replaces the administrators and their rules. `rotate` is signed by the old quorum, `recover` (the quorum is lost) by
 * persons of the watching duties; both by the new quorum and with every new key. Each takes effect after its delay; in
 * that of a recovery an administrator who is in force can `object`. The root of trust stays the founding record.
 * @throws KernelError `record_malformed`
 */
export function rotateFounding(
  p: Primitives,
  record: PlacedRecord,
  state: TrustState,
): TrustResult {
  const kind = asOneOf(record.statement.predicate.kind, ROTATION_KINDS, 'predicate.kind');
  const signers = signersInForce(p, record, state.register);
  if (kind === 'object') return objectTo(record, { signers, state });
  const rotation = readRotation(record.statement.predicate.content);
  requireDelays({ ...rotation, demonstration: state.founding.demonstration }, 'content');
  const refused =
    tooFewRefusal(rotation) ??
    newKeysRefusal(p, record, { rotation, state }) ??
    newQuorumRefusal(p, record, rotation) ??
    (kind === 'rotate'
      ? oldQuorumRefusal(signers, rulesAt(state, record.loggedAt))
      : recoveryRefusal(signers, { rotation, state }));
  if (refused !== undefined) return refused;
  const hours =
    kind === 'rotate'
      ? rulesAt(state, record.loggedAt).delayHours
      : state.founding.recovery.delayHours;
  return { state: rotated(record, { kind, rotation, state, from: after(record.loggedAt, hours) }) };
}

/** Before anything that a further signature could mend: no signature makes up for a quorum that nobody can reach. */
function tooFewRefusal({ administrators, quorum }: Rotation): Refusal | undefined {
  const named = personsOf(administrators).size;
  return named < quorum
    ? final(`it names ${named} administrators, ${quorum} are needed`)
    : undefined;
}

function personsOf(entries: readonly KeyEntry[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ holder }) => (holder.kind === 'person' ? holder.account : [])));
}

function newKeysRefusal(
  p: Primitives,
  record: PlacedRecord,
  at: { readonly rotation: Rotation; readonly state: TrustState },
): Refusal | undefined {
  for (const entry of at.rotation.administrators) {
    const short = entry.key.keyid.slice(0, 12);
    if (!isSelfNamed(p, entry)) return final(`key id ${short} is not the digest of its key`);
    const known = at.state.register.get(entry.key.keyid);
    if (known === undefined) {
      const isPlain =
        entry.holder.kind === 'person' &&
        entry.holder.roles.length === 1 &&
        entry.holder.roles[0] === 'administrator';
      if (!isPlain) return final(`new key ${short} must hold the role administrator and no other`);
      if (!isSignedBy(p, record, entry.key)) {
        return lacking(`new key ${short} has not accepted it`);
      }
      continue;
    }
    const isSame = canonicalJson(keyEntryJson(known)) === canonicalJson(keyEntryJson(entry));
    const holds = holdsRole(known, 'administrator') && isInForce(known, record.loggedAt);
    if (!isSame || !holds) {
      return final(`key ${short} is not an administrator's key in force, as enrolled`);
    }
  }
  return undefined;
}

function newQuorumRefusal(
  p: Primitives,
  record: PlacedRecord,
  rotation: Rotation,
): Refusal | undefined {
  const signed = personsOf(rotation.administrators.filter(({ key }) => isSignedBy(p, record, key)));
  return signed.size < rotation.quorum
    ? lacking(`signed by ${signed.size} of the new administrators, ${rotation.quorum} are needed`)
    : undefined;
}

function oldQuorumRefusal(signers: readonly EnrolledKey[], rules: FirmRules): Refusal | undefined {
  const administrators = accountsIn(signers, 'administrator');
  return administrators.size < rules.quorum
    ? lacking(
        `signed by ${administrators.size} of the administrators in force, ${rules.quorum} are needed`,
      )
    : undefined;
}

function recoveryRefusal(
  signers: readonly EnrolledKey[],
  at: { readonly rotation: Rotation; readonly state: TrustState },
): Refusal | undefined {
  const { persons } = at.state.founding.recovery;
  const future = new Set(
    at.rotation.administrators.map(({ holder }) =>
      holder.kind === 'person' ? holder.account : '',
    ),
  );
  const watching = signers.filter(
    (key) =>
      RECOVERY_ROLES.some((role) => holdsRole(key, role)) &&
      !holdsRole(key, 'administrator') &&
      !future.has(accountOf(key)),
  );
  const accounts = new Set(watching.map(accountOf)).size;
  const roles = RECOVERY_ROLES.filter((role) => watching.some((key) => holdsRole(key, role)));
  if (accounts >= persons && roles.length >= persons) return undefined;
  return lacking(
    `signed by ${accounts} persons in ${roles.length} of the roles ${RECOVERY_ROLES.join(', ')}; ${persons} persons in ${persons} roles are needed, none of whom becomes administrator`,
  );
}

function rotated(
  record: PlacedRecord,
  at: {
    readonly kind: 'rotate' | 'recover';
    readonly rotation: Rotation;
    readonly state: TrustState;
    readonly from: string;
  },
): TrustState {
  const { kind, rotation, state, from } = at;
  const { digest, index } = record;
  const listed = new Set(rotation.administrators.map(({ key }) => key.keyid));
  let register: KeyRegister = new Map([
    ...state.register,
    ...rotation.administrators
      .filter(({ key }) => !state.register.has(key.keyid))
      .map((entry): [string, EnrolledKey] => [
        entry.key.keyid,
        { ...entry, effectiveFrom: from, enrolledBy: digest, enrolledIndex: index, endings: [] },
      ]),
  ]);
  for (const [keyid, key] of state.register) {
    if (!holdsRole(key, 'administrator') || listed.has(keyid)) continue;
    register = withEnding(register, keyid, { kind: 'retire', at: from, record: digest, index });
  }
  const { quorum, delayHours } = rotation;
  return {
    ...state,
    register,
    rules: [...state.rules, { from, quorum, delayHours, record: digest, kind }],
  };
}

/** Takes back a recovery that has not taken effect: whoever it would remove is still there. */
function objectTo(
  record: PlacedRecord,
  at: { readonly signers: readonly EnrolledKey[]; readonly state: TrustState },
): TrustResult {
  const { content } = record.statement.predicate;
  onlyKeys(content, ['rotation', 'reason'], 'content');
  asNonEmpty(content.reason, 'content.reason');
  const target = asDigest(content.rotation, 'content.rotation');
  const { state } = at;
  const rules = state.rules.find((one) => one.record === target && one.kind === 'recover');
  if (rules === undefined) {
    return final(`no recovery ${target.slice(0, 12)} is under way`);
  }
  if (rules.from <= record.loggedAt) return final(`it took effect at ${rules.from}`);
  if (accountsIn(at.signers, 'administrator').size === 0) {
    return lacking('an administrator whose key is in force objects');
  }
  const kept = [...state.register].filter(([, key]) => key.enrolledBy !== target);
  const register = new Map(
    kept.map(([keyid, key]) => [
      keyid,
      { ...key, endings: key.endings.filter((ending) => ending.record !== target) },
    ]),
  );
  return {
    state: { ...state, register, rules: state.rules.filter((one) => one.record !== target) },
  };
}
