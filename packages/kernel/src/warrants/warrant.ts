// SPDX-License-Identifier: Apache-2.0

import { TRANSITIONS, type Transition } from '../gates/policy.ts';
import type { CountedRecord } from '../records/record-set.ts';
import {
  asArray,
  asBoolean,
  asDigest,
  asNonEmpty,
  asObject,
  asOneOf,
  asTime,
  type JsonObject,
  onlyKeys,
} from '../records/shape.ts';
import type { SubjectRef } from '../records/statement.ts';

/**
 * A warrant (`deployment-record` of kind promote): the signed authorisation to run one version in one stage for a use.
 * It names everything it rests on, so a changed byte anywhere below it ends it.
 */
export interface Warrant {
  readonly environment: Transition;
  readonly warrant: 'full' | 'provisional' | 'legacy';
  readonly artifactDigest: string;
  readonly spec: string;
  readonly changeRequest: string;
  readonly approvals: readonly string[];
  readonly exceptions: readonly string[];
  readonly policy: string;
  readonly rulesVersion: string;
  /** From the founding record: a production gateway refuses such a warrant. */
  readonly demonstration: boolean;
  readonly notBefore: string;
  readonly expires: string;
  /** What answers when the warrant does not hold: `refuse`, `manual-queue`, `safe-state` or a rule's name. */
  readonly fallback: string;
  /** The use and population it is limited to, in words of the intended use. */
  readonly limits: JsonObject;
}

const WARRANT_KEYS = [
  'environment',
  'warrant',
  'artifactDigest',
  'spec',
  'changeRequest',
  'approvals',
  'exceptions',
  'policy',
  'rulesVersion',
  'demonstration',
  'notBefore',
  'expires',
  'fallback',
  'limits',
];

export function readWarrant(content: JsonObject): Warrant {
  onlyKeys(content, WARRANT_KEYS, 'content');
  return {
    environment: asOneOf(content.environment, TRANSITIONS, 'content.environment'),
    warrant: asOneOf(
      content.warrant,
      ['full', 'provisional', 'legacy'] as const,
      'content.warrant',
    ),
    artifactDigest: asDigest(content.artifactDigest, 'content.artifactDigest'),
    spec: asDigest(content.spec, 'content.spec'),
    changeRequest: asDigest(content.changeRequest, 'content.changeRequest'),
    approvals: asArray(content.approvals, 'content.approvals', asDigest),
    exceptions: asArray(content.exceptions, 'content.exceptions', asDigest),
    policy: asDigest(content.policy, 'content.policy'),
    rulesVersion: asNonEmpty(content.rulesVersion, 'content.rulesVersion'),
    demonstration: asBoolean(content.demonstration, 'content.demonstration'),
    notBefore: asTime(content.notBefore, 'content.notBefore'),
    expires: asTime(content.expires, 'content.expires'),
    fallback: asNonEmpty(content.fallback, 'content.fallback'),
    limits: asObject(content.limits, 'content.limits'),
  };
}

export interface WarrantRecord {
  readonly record: CountedRecord;
  readonly warrant: Warrant;
  readonly subject: SubjectRef;
}

export function readWarrantRecord(record: CountedRecord | undefined): WarrantRecord | undefined {
  const predicate = record?.statement.predicate;
  if (record === undefined || predicate?.type !== 'deployment-record') return undefined;
  if (predicate.kind !== 'promote') return undefined;
  return { record, warrant: readWarrant(predicate.content), subject: predicate.subjectRef };
}

/** A warrant's record that can be read; one that cannot authorises nothing, and keeps no other from being read. */
export function wellFormedWarrant(record: CountedRecord): WarrantRecord | undefined {
  try {
    return readWarrantRecord(record);
  } catch {
    return undefined;
  }
}
