// SPDX-License-Identifier: Apache-2.0
import type { NoticeKind } from '@countersign/contract';
import type { Role } from '@countersign/kernel';

/** Somebody with an account that is not locked, and the roles of the keys in force. */
export interface Person {
  readonly account: string;
  readonly roles: readonly Role[];
}

/** Whom a notice is for: these accounts, whoever holds one of the roles and is not excepted, or everybody. */
export interface Audience {
  readonly accounts?: readonly string[];
  readonly roles?: readonly Role[];
  readonly except?: (person: Person) => boolean;
  readonly everybody?: boolean;
}

/** Something that somebody should hear of. The same fact and threshold has the same key, whenever it is computed. */
export interface Notice {
  readonly key: string;
  readonly kind: NoticeKind;
  readonly subject: string;
  readonly text: string;
  /** Path of the page. */
  readonly link: string;
  /** UTC. */
  readonly due?: string;
  /** Does not wait for a digest. */
  readonly urgent: boolean;
  /** Digest of the record that it is about. */
  readonly record: string;
  readonly audience: Audience;
}

/** Kinds that nobody can turn off: whoever silences them could change unseen whom the firm trusts. */
export const ALWAYS_TOLD = [
  'trust-change',
  'channels-change',
  'address-change',
] as const satisfies readonly NoticeKind[];

export function isAlwaysTold(kind: NoticeKind): boolean {
  return ALWAYS_TOLD.some((one) => one === kind);
}

export function isFor({ audience }: Notice, person: Person): boolean {
  if (audience.everybody === true) return true;
  if (audience.accounts?.includes(person.account) === true) return true;
  const holdsOne = audience.roles?.some((role) => person.roles.includes(role)) === true;
  return holdsOne && audience.except?.(person) !== true;
}
