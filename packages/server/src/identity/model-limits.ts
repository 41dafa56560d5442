// SPDX-License-Identifier: Apache-2.0
import { isInForce, type KeyRegister } from '@countersign/kernel';
import { keysOf } from './roles-of.ts';

/**
 * The models that an account may have to do with, or undefined for all of them: whoever holds keys of an external
 * validator alone is let at the models that these name.
 */
export function modelLimits(
  register: KeyRegister,
  account: string,
  now: string,
): ReadonlySet<string> | undefined {
  const holders = keysOf(register, account)
    .filter((key) => isInForce(key, now))
    .map(({ holder }) => holder);
  const limits = holders.map((holder) => (holder.kind === 'person' ? holder.limits : undefined));
  if (limits.length === 0 || limits.includes(undefined)) return undefined;
  return new Set(limits.flatMap((one) => one?.models ?? []));
}
