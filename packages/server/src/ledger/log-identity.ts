// SPDX-License-Identifier: Apache-2.0
import type { EnrolledKey, TrustState } from '@countersign/kernel';
import type { LogIdentity } from './published-log.ts';

/** The log as the firm's records name it: its key, and every key that it had before. */
export function logIdentityOf({ founding, register }: TrustState): LogIdentity {
  const keys = [...register.values()].filter(
    ({ holder }) => holder.kind === 'service' && holder.service === 'log',
  );
  const current = keys.findLast((key) => replacedAt(key) === undefined);
  if (current === undefined) throw new Error('a log key is replaced, never retired alone');
  const replaced = keys.flatMap((key) => {
    const lastSize = replacedAt(key);
    return lastSize === undefined ? [] : [{ publicKey: key.key, lastSize }];
  });
  return {
    origin: founding.logOrigin,
    publicKey: current.key,
    ...(replaced.length === 0 ? {} : { replaced }),
  };
}

/** Index of the record that replaced a key: the tree of that size does not hold it yet. */
function replacedAt({ endings }: EnrolledKey): number | undefined {
  return endings.find(({ kind }) => kind === 'retire')?.index;
}
