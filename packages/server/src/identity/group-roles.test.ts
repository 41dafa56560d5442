// SPDX-License-Identifier: Apache-2.0
import type { IdentityProvider, Role } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { groupRoles } from './group-roles.ts';

const ISSUER = 'https://login.bank.example';

const provider = (
  groups: readonly (readonly [string, Role])[],
  issuer = ISSUER,
): IdentityProvider => ({
  issuer,
  audience: 'countersign',
  keys: [],
  groups: groups.map(([group, role]) => ({ group, role })),
});

const of = (...groups: readonly string[]) => ({ issuer: ISSUER, groups });

describe('roles of groups', () => {
  test('are those that the document maps, and only duties without a signature', () => {
    const mapped = provider([
      ['a', 'auditor'],
      ['b', 'developer'],
      ['c', 'operator'],
      ['d', 'user'],
      ['e', 'administrator'],
      ['e', 'validator'],
      ['e', 'model-risk'],
      ['e', 'external-validator'],
    ]);
    expect([...groupRoles(mapped, of('a', 'b', 'c', 'd', 'e'))].sort()).toEqual([
      'auditor',
      'developer',
      'operator',
      'user',
    ]);
    expect(groupRoles(mapped, of('e', 'unknown'))).toEqual([]);
  });

  test('are none without a provider in force, or of another issuer', () => {
    expect(groupRoles(undefined, of('a'))).toEqual([]);
    const other = provider([['a', 'auditor']], 'https://other.example');
    expect(groupRoles(other, of('a'))).toEqual([]);
  });
});
