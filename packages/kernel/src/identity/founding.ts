// SPDX-License-Identifier: Apache-2.0
import {
  asArray,
  asBoolean,
  asCount,
  asNonEmpty,
  asObject,
  type JsonObject,
  malformed,
  onlyKeys,
} from '../records/shape.ts';
import { type KeyEntry, readKeyEntry } from './key-entry.ts';

/** How a firm that lost its administrators names new ones (`founding-rotation` of kind recover). */
export type Recovery = {
  /** How many different persons, who together hold as many different duties of `RECOVERY_ROLES`. */
  readonly persons: number;
  /** Hours until it takes effect, in which an administrator can still object. */
  readonly delayHours: number;
};

/**
 * The root of trust: everything a gateway, an admission check or an offline verifier is configured with
 * is the digest of this record. It names the first holder of each role and the log's key.
 */
export interface Founding {
  readonly firm: string;
  /** Stamped on every warrant; a production gateway refuses those. */
  readonly demonstration: boolean;
  /** Hours between the enrolment of a key and its first effect; 24 at least outside demonstration mode. */
  readonly delayHours: number;
  /** How many administrators act together. */
  readonly quorum: number;
  readonly recovery: Recovery;
  /** Origin line of the log's checkpoints (C2SP tlog-checkpoint). */
  readonly logOrigin: string;
  readonly keys: readonly KeyEntry[];
}

export const QUORUM_MIN = 2;
export const DELAY_HOURS_MIN = 24;
const RECOVERY_PERSONS_MIN = 3;
const RECOVERY_HOURS_MIN = 72;

/** @throws KernelError `record_malformed` naming the member, also where the rules of a founding are broken */
export function readFounding(content: JsonObject): Founding {
  onlyKeys(
    content,
    ['firm', 'demonstration', 'delayHours', 'quorum', 'recovery', 'logOrigin', 'keys'],
    'content',
  );
  const founding: Founding = {
    firm: asNonEmpty(content.firm, 'content.firm'),
    demonstration: asBoolean(content.demonstration, 'content.demonstration'),
    delayHours: asCount(content.delayHours, 'content.delayHours'),
    quorum: asCount(content.quorum, 'content.quorum'),
    recovery: readRecovery(asObject(content.recovery, 'content.recovery')),
    logOrigin: asNonEmpty(content.logOrigin, 'content.logOrigin'),
    keys: asArray(content.keys, 'content.keys', readKeyEntry),
  };
  requireDelays(founding, 'content');
  if (!founding.demonstration && founding.recovery.delayHours < RECOVERY_HOURS_MIN) {
    throw malformed('content.recovery.delayHours', `${RECOVERY_HOURS_MIN} or more`);
  }
  requireServiceKeys(founding);
  return founding;
}

function readRecovery(object: JsonObject): Recovery {
  onlyKeys(object, ['persons', 'delayHours'], 'content.recovery');
  const persons = asCount(object.persons, 'content.recovery.persons');
  if (persons < RECOVERY_PERSONS_MIN) {
    throw malformed('content.recovery.persons', `${RECOVERY_PERSONS_MIN} or more`);
  }
  return { persons, delayHours: asCount(object.delayHours, 'content.recovery.delayHours') };
}

/** The least that quorum and delay may be, at the founding and after every rotation. */
export function requireDelays(
  rules: Pick<Founding, 'demonstration' | 'delayHours' | 'quorum'>,
  path: string,
): void {
  if (rules.quorum < QUORUM_MIN) throw malformed(`${path}.quorum`, `${QUORUM_MIN} or more`);
  if (!rules.demonstration && rules.delayHours < DELAY_HOURS_MIN) {
    throw malformed(`${path}.delayHours`, `${DELAY_HOURS_MIN} or more outside demonstration mode`);
  }
}

function requireServiceKeys(founding: Founding): void {
  for (const service of ['log', 'platform'] as const) {
    const count = founding.keys.filter(
      ({ holder }) => holder.kind === 'service' && holder.service === service,
    ).length;
    if (count !== 1) throw malformed('content.keys', `a list with exactly one ${service} key`);
  }
  const ids = new Set(founding.keys.map(({ key }) => key.keyid));
  if (ids.size !== founding.keys.length) throw malformed('content.keys', 'free of duplicate keys');
}
