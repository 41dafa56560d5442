// SPDX-License-Identifier: Apache-2.0
import { ROLES, type Role } from '../identity/roles.ts';
import type { Json } from '../json/parse.ts';
import {
  asArray,
  asBoolean,
  asCount,
  asNonEmpty,
  asObject,
  asOneOf,
  malformed,
  onlyKeys,
  optional,
} from '../records/shape.ts';

export const TIERS = ['high', 'medium', 'low'] as const;
export type Tier = (typeof TIERS)[number];

export const TRANSITIONS = ['staging', 'production'] as const;
export type Transition = (typeof TRANSITIONS)[number];

export const CONDITIONS = [
  'promotable-run',
  'evidence-complete',
  'threshold-floors',
  'performance',
  'bias',
  'reproducible',
  'independent-validation',
  'findings',
  'staged',
  'parity',
] as const;
export type ConditionId = (typeof CONDITIONS)[number];

/** Limits a policy rule to some models; every member given must match. */
export interface When {
  readonly tier?: readonly Tier[];
  readonly fairLending?: boolean;
}

export interface ConditionRule {
  readonly id: ConditionId;
  readonly gate: string;
  /** `submit`: judged when a change request is opened and ever after; `promote`: only from promotion on. */
  readonly at: 'submit' | 'promote';
  readonly when?: When;
}

export interface ApprovalRule {
  readonly role: Role;
  readonly count: number;
  readonly gate: string;
  readonly meaning: string;
  readonly when?: When;
  /**
   * `key`: a passkey's signature does not count. It is as good as the page that asked for it; with a signing key the
   * signer's own machine recomputes what is signed (`countersign approve`).
   */
  readonly signing?: 'key';
}

export interface TransitionRule {
  readonly conditions: readonly ConditionRule[];
  readonly approvals: readonly ApprovalRule[];
  readonly warrantDaysMax: { readonly [tier in Tier]: number };
}

/** Which condition may be excused, when its outcome is `inconclusive`, by whose signatures and for how long. */
export interface ExceptionRule {
  readonly condition: ConditionId;
  readonly signers: readonly Role[];
  readonly daysMax: number;
}

export interface Policy {
  readonly id: string;
  readonly version: string;
  readonly transitions: { readonly [transition in Transition]: TransitionRule };
  readonly exceptions: readonly ExceptionRule[];
}

/** What no policy may excuse: these conditions fail closed whatever an exception says. */
export const NEVER_EXCUSED: readonly ConditionId[] = [
  'promotable-run',
  'evidence-complete',
  'threshold-floors',
  'independent-validation',
  'staged',
  'parity',
  'findings',
];

/** @throws KernelError `record_malformed` naming the member */
export function readPolicy(json: Json | undefined, path = 'policy'): Policy {
  const object = asObject(json, path);
  onlyKeys(object, ['id', 'version', 'transitions', 'exceptions'], path);
  const transitions = asObject(object.transitions, `${path}.transitions`);
  onlyKeys(transitions, TRANSITIONS, `${path}.transitions`);
  return {
    id: asNonEmpty(object.id, `${path}.id`),
    version: asNonEmpty(object.version, `${path}.version`),
    transitions: {
      staging: readTransition(transitions.staging, `${path}.transitions.staging`),
      production: readTransition(transitions.production, `${path}.transitions.production`),
    },
    exceptions: asArray(object.exceptions, `${path}.exceptions`, readException),
  };
}

function readTransition(json: Json | undefined, path: string): TransitionRule {
  const object = asObject(json, path);
  onlyKeys(object, ['conditions', 'approvals', 'warrantDaysMax'], path);
  const days = asObject(object.warrantDaysMax, `${path}.warrantDaysMax`);
  onlyKeys(days, TIERS, `${path}.warrantDaysMax`);
  return {
    conditions: asArray(object.conditions, `${path}.conditions`, readCondition),
    approvals: asArray(object.approvals, `${path}.approvals`, readApproval),
    warrantDaysMax: {
      high: asCount(days.high, `${path}.warrantDaysMax.high`),
      medium: asCount(days.medium, `${path}.warrantDaysMax.medium`),
      low: asCount(days.low, `${path}.warrantDaysMax.low`),
    },
  };
}

function readCondition(json: Json, path: string): ConditionRule {
  const object = asObject(json, path);
  onlyKeys(object, ['id', 'gate', 'at', 'when'], path);
  const when = optional(object.when, `${path}.when`, readWhen);
  return {
    id: asOneOf(object.id, CONDITIONS, `${path}.id`),
    gate: asNonEmpty(object.gate, `${path}.gate`),
    at: asOneOf(object.at, ['submit', 'promote'] as const, `${path}.at`),
    ...(when === undefined ? {} : { when }),
  };
}

function readApproval(json: Json, path: string): ApprovalRule {
  const object = asObject(json, path);
  onlyKeys(object, ['role', 'count', 'gate', 'meaning', 'when', 'signing'], path);
  const signing = optional(object.signing, `${path}.signing`, (value, at) =>
    asOneOf(value, ['key'] as const, at),
  );
  const when = optional(object.when, `${path}.when`, readWhen);
  const count = asCount(object.count, `${path}.count`);
  if (count === 0) throw malformed(`${path}.count`, '1 or more');
  return {
    role: asOneOf(object.role, ROLES, `${path}.role`),
    count,
    gate: asNonEmpty(object.gate, `${path}.gate`),
    meaning: asNonEmpty(object.meaning, `${path}.meaning`),
    ...(when === undefined ? {} : { when }),
    ...(signing === undefined ? {} : { signing }),
  };
}

function readException(json: Json, path: string): ExceptionRule {
  const object = asObject(json, path);
  onlyKeys(object, ['condition', 'signers', 'daysMax'], path);
  const condition = asOneOf(object.condition, CONDITIONS, `${path}.condition`);
  if (NEVER_EXCUSED.includes(condition)) {
    throw malformed(`${path}.condition`, 'a condition that may be excused at all');
  }
  return {
    condition,
    signers: asArray(object.signers, `${path}.signers`, (item, at) => asOneOf(item, ROLES, at)),
    daysMax: asCount(object.daysMax, `${path}.daysMax`),
  };
}

function readWhen(json: Json, path: string): When {
  const object = asObject(json, path);
  onlyKeys(object, ['tier', 'fairLending'], path);
  const tier = optional(object.tier, `${path}.tier`, (list, at) =>
    asArray(list, at, (item, itemPath) => asOneOf(item, TIERS, itemPath)),
  );
  const fairLending = optional(object.fairLending, `${path}.fairLending`, asBoolean);
  return {
    ...(tier === undefined ? {} : { tier }),
    ...(fairLending === undefined ? {} : { fairLending }),
  };
}

export function whenHolds(
  when: When | undefined,
  facts: { readonly tier: Tier; readonly fairLending: boolean },
): boolean {
  if (when === undefined) return true;
  if (when.tier !== undefined && !when.tier.includes(facts.tier)) return false;
  return when.fairLending === undefined || when.fairLending === facts.fairLending;
}
