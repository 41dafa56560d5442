// SPDX-License-Identifier: Apache-2.0
import type { OpenRole } from '@countersign/kernel';
import type { OwnKey, VerifiedChange } from '../../crypto/verified-change.ts';

/** Whether the reader can sign in a role here and now, as computed from verified records. */
export type RoleStanding =
  | { readonly kind: 'open'; readonly key: OwnKey }
  | { readonly kind: 'signed' }
  | {
      readonly kind: 'barred' | 'key-only' | 'no-passkey';
      readonly title: string;
      readonly text: string;
    };

export function standingOf(change: VerifiedChange, role: OpenRole, account: string): RoleStanding {
  const rule = change.review.verdict.approvals.find((one) => one.role === role.role);
  if (rule?.given.some((one) => one.account === account)) return { kind: 'signed' };
  if (role.conflict !== undefined) {
    return {
      kind: 'barred',
      title: `You cannot sign as ${role.role} here`,
      text: `${role.conflict}; somebody who took no part in building the version has to decide.`,
    };
  }
  if (role.signing === 'key') {
    return {
      kind: 'key-only',
      title: 'Policy asks for the command line here',
      text: `As ${role.role} this is signed with a key on your own machine, which recomputes what it signs; a passkey does not count.`,
    };
  }
  const key = change.passkeys.find(({ roles }) => roles.includes(role.role));
  return key === undefined
    ? {
        kind: 'no-passkey',
        title: 'You have no signing passkey here',
        text: `You hold the role ${role.role}, and none of your keys in force can be used at this address.`,
      }
    : { kind: 'open', key };
}
