// SPDX-License-Identifier: Apache-2.0
import { type IdentityProvider, KEYLESS_ROLES, type Role } from '@countersign/kernel';

/** Groups of an ID token, as kept with the session that it opened. */
export interface SessionGroups {
  readonly issuer: string;
  readonly groups: readonly string[];
}

/**
 * Access roles that groups give, as the identity provider in force maps them (`providerAt`); of another issuer nothing.
 * Every duty that signs comes from an enrolled key alone, whatever the document maps.
 */
export function groupRoles(
  provider: IdentityProvider | undefined,
  { issuer, groups }: SessionGroups,
): readonly Role[] {
  if (provider === undefined || provider.issuer !== issuer) return [];
  const given = new Set(
    provider.groups.filter(({ group }) => groups.includes(group)).map(({ role }) => role),
  );
  return KEYLESS_ROLES.filter((role) => given.has(role));
}
