// SPDX-License-Identifier: Apache-2.0
import { keyStanding, type RecordSet, type Service } from '@countersign/kernel';

/** Ids of the log's keys that were retired by a time: what they sign is refused from then on. */
export function retiredLogKeys(set: RecordSet, now: string): readonly string[] {
  return [...set.register.values()]
    .filter(({ holder }) => holder.kind === 'service' && holder.service === 'log')
    .filter((key) => keyStanding(key, now) === 'retired')
    .map(({ key }) => key.keyid);
}

/** Why a key does not count for a service now, or undefined. */
export function keyRefusal(
  set: RecordSet,
  keyid: string,
  at: { readonly service: Service; readonly now: string },
): string | undefined {
  const key = set.register.get(keyid);
  if (key?.holder.kind !== 'service' || key.holder.service !== at.service)
    return `is not enrolled as a ${at.service}'s`;
  const standing = keyStanding(key, at.now);
  if (standing === 'in force') return undefined;
  if (standing === 'pending') return `takes effect at ${key.effectiveFrom}`;
  const ending = key.endings.findLast(({ at: time }) => time <= at.now);
  return `is ${standing}${ending === undefined ? '' : ` since ${ending.at}, by record ${ending.record.slice(0, 12)}`}`;
}
