// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type EnrolledKey,
  isInForce,
  type KeyRegister,
  ROLES,
  type Role,
} from '@countersign/kernel';

/** Keys of a person, as records enrolled them. */
export function keysOf(register: KeyRegister, account: string): readonly EnrolledKey[] {
  return [...register.values()].filter(
    (key) => key.holder.kind === 'person' && accountOf(key) === account,
  );
}

/** Roles of the keys in force at a time. Without an enrolled key there is no role, whatever a table says. */
export function rolesOf(register: KeyRegister, account: string, now: string): readonly Role[] {
  const held = new Set(
    keysOf(register, account)
      .filter((key) => isInForce(key, now))
      .flatMap((key) => (key.holder.kind === 'person' ? key.holder.roles : [])),
  );
  return ROLES.filter((role) => held.has(role));
}
