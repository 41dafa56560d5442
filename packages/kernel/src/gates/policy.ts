// SPDX-License-Identifier: Apache-2.0
import { EVIDENCE_IDS, type EvidenceId } from '../evidence/evidence-ids.ts';
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
import {
  CHANGE_CLASSES,
  type ChangeClass,
  type ClassRules,
  readClassRules,
} from './change-class.ts';
import {
  MATERIALITIES,
  type Materiality,
  type MaterialityRules,
  readMaterialityRules,
} from './materiality-rules.ts';

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
  'discussion',
  'feature-catalogue',
] as const;
export type ConditionId = (typeof CONDITIONS)[number];

/** Limits a policy rule to some models; every member given must match. */
export interface When {
  readonly tier?: readonly Tier[];
  readonly fairLending?: boolean;
  /** Whether the request rests on a signed provisional use instead of a completed validation. */
  readonly provisional?: boolean;
  /** As the kernel computes it under the policy's `materiality`, whatever the request says. */
  readonly materiality?: readonly Materiality[];
  readonly class?: readonly ChangeClass[];
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
  /** The approval is a committee's: its chair signs with attendance and votes, judged by the committee's charter. */
  readonly committee?: string;
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

/** What may be done without, by whose signatures together, for how long, and only with a compensating control. */
export interface WaivableRule {
  /** One of the two is given. */
  readonly evidence?: EvidenceId;
  readonly condition?: ConditionId;
  /** Each signs, and nobody for two. */
  readonly by: readonly Role[];
  readonly daysMax: number;
  readonly compensatingControl: 'required';
  readonly when?: When;
}

/** Use before validation is completed (SR 26-2 V): limited, watched more closely, and over after a time. */
export interface ProvisionalRule {
  readonly tiers: readonly Tier[];
  /** From the first provisional use of a model for a use until validation: a renewal adds nothing. */
  readonly daysMax: number;
  /** Answers in production under all provisional warrants of a model for a use together. */
  readonly limits: { readonly answersMax: number };
  /** In production a monitoring result must be recorded at least this often. */
  readonly extraMonitoring: { readonly everyDays: number };
  /** Each signs, and nobody for two. */
  readonly signers: readonly Role[];
}

/** For what was in use before the firm came here: how long, by tier, until it has been through the gates. */
export interface LegacyRule {
  readonly daysMax: { readonly [tier in Tier]: number };
  /** Each signs, and nobody for two. */
  readonly signers: readonly Role[];
}

/** How often a model in use is looked at again, in days by tier (SR 26-2 V leaves it to the firm). */
export interface ReviewRule {
  readonly high: number;
  readonly medium: number;
  readonly low: number;
  /** A review that is overdue by more than `graceDays` denies the warrants that this policy made. */
  readonly overdueRestricts: boolean;
  readonly graceDays: number;
}

/** How often a version in production is built again from its archived parts, in days by tier. */
export type RebuildRule = { readonly [tier in Tier]: number };

export interface Policy {
  readonly id: string;
  readonly version: string;
  readonly transitions: { readonly [transition in Transition]: TransitionRule };
  readonly exceptions: readonly ExceptionRule[];
  readonly waivable?: readonly WaivableRule[];
  readonly provisional?: ProvisionalRule;
  /** Without it nothing is onboarded. */
  readonly legacy?: LegacyRule;
  readonly reviews?: ReviewRule;
  readonly findings?: { readonly extensionsMax: number };
  /** Days between scheduled rebuilds of what is in production, by tier (check/repro). */
  readonly rebuilds?: RebuildRule;
  /** Without it every change is material. */
  readonly materiality?: MaterialityRules;
  /** Without it every change is of class standard. */
  readonly changes?: ClassRules;
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
  'discussion',
  'feature-catalogue',
];

/** The only conditions of which a failure may be waived: the rest guard bytes, separation or the waivers themselves. */
export const WAIVABLE_CONDITIONS = ['reproducible', 'independent-validation'] as const;

/** Signatures, digests, separation of duties and what decides how strictly everything else is judged. */
export const NEVER_WAIVED: readonly EvidenceId[] = [
  'approval-record',
  'e-signature',
  'sod-check',
  'exception-record',
  'finding',
  'policy-document',
  'inventory-entry',
  'intended-use',
  'scope-determination',
  'risk-tier',
  'role-assignment',
  'dataset-snapshot',
  'source-revision',
  'environment-lock',
  'training-run',
  'model-artifact',
  'model-spec',
  'deployment-record',
  'decision-log',
  'integrity-check',
];

/** @throws KernelError `record_malformed` naming the member */
export function readPolicy(json: Json | undefined, path = 'policy'): Policy {
  const object = asObject(json, path);
  onlyKeys(
    object,
    [
      'id',
      'version',
      'transitions',
      'exceptions',
      'waivable',
      'provisional',
      'legacy',
      'reviews',
      'findings',
      'rebuilds',
      'materiality',
      'changes',
    ],
    path,
  );
  const materiality = optional(object.materiality, `${path}.materiality`, readMaterialityRules);
  const changes = optional(object.changes, `${path}.changes`, readClassRules);
  const waivable = optional(object.waivable, `${path}.waivable`, (list, at) =>
    asArray(list, at, readWaivable),
  );
  const provisional = optional(object.provisional, `${path}.provisional`, readProvisionalRule);
  const legacy = optional(object.legacy, `${path}.legacy`, readLegacyRule);
  const reviews = optional(object.reviews, `${path}.reviews`, readReviewRule);
  const findings = optional(object.findings, `${path}.findings`, readFindingRule);
  const rebuilds = optional(object.rebuilds, `${path}.rebuilds`, readRebuildRule);
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
    ...(waivable === undefined ? {} : { waivable }),
    ...(provisional === undefined ? {} : { provisional }),
    ...(legacy === undefined ? {} : { legacy }),
    ...(reviews === undefined ? {} : { reviews }),
    ...(findings === undefined ? {} : { findings }),
    ...(rebuilds === undefined ? {} : { rebuilds }),
    ...(materiality === undefined ? {} : { materiality }),
    ...(changes === undefined ? {} : { changes }),
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
  const when = optional(object.when, `${path}.when`, readFixedWhen);
  return {
    id: asOneOf(object.id, CONDITIONS, `${path}.id`),
    gate: asNonEmpty(object.gate, `${path}.gate`),
    at: asOneOf(object.at, ['submit', 'promote'] as const, `${path}.at`),
    ...(when === undefined ? {} : { when }),
  };
}

function readApproval(json: Json, path: string): ApprovalRule {
  const object = asObject(json, path);
  onlyKeys(object, ['role', 'count', 'gate', 'meaning', 'when', 'signing', 'committee'], path);
  const signing = optional(object.signing, `${path}.signing`, (value, at) =>
    asOneOf(value, ['key'] as const, at),
  );
  const when = optional(object.when, `${path}.when`, readWhen);
  const committee = optional(object.committee, `${path}.committee`, asNonEmpty);
  const count = asCount(object.count, `${path}.count`);
  if (count === 0) throw malformed(`${path}.count`, '1 or more');
  if (committee !== undefined && count !== 1) {
    throw malformed(`${path}.count`, '1: a committee decides once, and its chair signs');
  }
  return {
    role: asOneOf(object.role, ROLES, `${path}.role`),
    count,
    gate: asNonEmpty(object.gate, `${path}.gate`),
    meaning: asNonEmpty(object.meaning, `${path}.meaning`),
    ...(when === undefined ? {} : { when }),
    ...(signing === undefined ? {} : { signing }),
    ...(committee === undefined ? {} : { committee }),
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

function readWaivable(json: Json, path: string): WaivableRule {
  const object = asObject(json, path);
  onlyKeys(object, ['evidence', 'condition', 'by', 'daysMax', 'compensatingControl', 'when'], path);
  const evidence = optional(object.evidence, `${path}.evidence`, (value, at) =>
    asOneOf(value, EVIDENCE_IDS, at),
  );
  const condition = optional(object.condition, `${path}.condition`, (value, at) =>
    asOneOf(value, CONDITIONS, at),
  );
  if ((evidence === undefined) === (condition === undefined)) {
    throw malformed(path, 'one of `evidence` and `condition`, not both');
  }
  const when = optional(object.when, `${path}.when`, readFixedWhen);
  const rule: WaivableRule = {
    ...(evidence === undefined ? {} : { evidence }),
    ...(condition === undefined ? {} : { condition }),
    by: readSigners(object.by, `${path}.by`),
    daysMax: readDays(object.daysMax, `${path}.daysMax`),
    compensatingControl: asOneOf(
      object.compensatingControl,
      ['required'] as const,
      `${path}.compensatingControl`,
    ),
    ...(when === undefined ? {} : { when }),
  };
  refuseUnwaivable(rule, path);
  return rule;
}

function refuseUnwaivable({ evidence, condition, when }: WaivableRule, path: string): void {
  if (evidence !== undefined && NEVER_WAIVED.includes(evidence)) {
    throw malformed(
      `${path}.evidence`,
      `evidence that may be waived: \`${evidence}\` carries signatures, digests, duties or the tier, and never is`,
    );
  }
  const waivable: readonly ConditionId[] = WAIVABLE_CONDITIONS;
  if (condition !== undefined && !waivable.includes(condition)) {
    throw malformed(`${path}.condition`, `one of ${WAIVABLE_CONDITIONS.join(', ')}`);
  }
  const isValidation = evidence === 'validation-report' || condition === 'independent-validation';
  if (isValidation && when?.tier?.includes('high') !== false) {
    throw malformed(
      `${path}.when.tier`,
      'tiers without `high`: there, validation is done or the use is provisional',
    );
  }
}

function readReviewRule(json: Json, path: string): ReviewRule {
  const object = asObject(json, path);
  onlyKeys(object, [...TIERS, 'overdueRestricts', 'graceDays'], path);
  return {
    high: readDays(object.high, `${path}.high`),
    medium: readDays(object.medium, `${path}.medium`),
    low: readDays(object.low, `${path}.low`),
    overdueRestricts:
      optional(object.overdueRestricts, `${path}.overdueRestricts`, asBoolean) ?? false,
    graceDays: optional(object.graceDays, `${path}.graceDays`, asCount) ?? 0,
  };
}

function readRebuildRule(json: Json, path: string): RebuildRule {
  const object = asObject(json, path);
  onlyKeys(object, TIERS, path);
  return {
    high: readDays(object.high, `${path}.high`),
    medium: readDays(object.medium, `${path}.medium`),
    low: readDays(object.low, `${path}.low`),
  };
}

function readFindingRule(json: Json, path: string): { readonly extensionsMax: number } {
  const object = asObject(json, path);
  onlyKeys(object, ['extensionsMax'], path);
  return { extensionsMax: asCount(object.extensionsMax, `${path}.extensionsMax`) };
}

function readProvisionalRule(json: Json, path: string): ProvisionalRule {
  const object = asObject(json, path);
  onlyKeys(object, ['tiers', 'daysMax', 'limits', 'extraMonitoring', 'signers'], path);
  const limits = asObject(object.limits, `${path}.limits`);
  onlyKeys(limits, ['answersMax'], `${path}.limits`);
  const monitoring = asObject(object.extraMonitoring, `${path}.extraMonitoring`);
  onlyKeys(monitoring, ['everyDays'], `${path}.extraMonitoring`);
  return {
    tiers: asArray(object.tiers, `${path}.tiers`, (item, at) => asOneOf(item, TIERS, at)),
    daysMax: readDays(object.daysMax, `${path}.daysMax`),
    limits: { answersMax: asCount(limits.answersMax, `${path}.limits.answersMax`) },
    extraMonitoring: {
      everyDays: readDays(monitoring.everyDays, `${path}.extraMonitoring.everyDays`),
    },
    signers: readSigners(object.signers, `${path}.signers`),
  };
}

function readLegacyRule(json: Json, path: string): LegacyRule {
  const object = asObject(json, path);
  onlyKeys(object, ['daysMax', 'signers'], path);
  const days = asObject(object.daysMax, `${path}.daysMax`);
  onlyKeys(days, TIERS, `${path}.daysMax`);
  return {
    daysMax: {
      high: readDays(days.high, `${path}.daysMax.high`),
      medium: readDays(days.medium, `${path}.daysMax.medium`),
      low: readDays(days.low, `${path}.daysMax.low`),
    },
    signers: readSigners(object.signers, `${path}.signers`),
  };
}

/** An excuse that nobody signs would be one that anybody gives. */
function readSigners(json: Json | undefined, path: string): readonly Role[] {
  const roles = asArray(json, path, (item, at) => asOneOf(item, ROLES, at));
  const building = roles.indexOf('developer');
  if (roles.length === 0) throw malformed(path, 'one role or more');
  if (building >= 0)
    throw malformed(`${path}[${building}]`, 'a role that does not build the model');
  return roles;
}

function readDays(json: Json | undefined, path: string): number {
  const days = asCount(json, path);
  if (days === 0) throw malformed(path, '1 or more');
  return days;
}

/** A condition is judged the same whether or not the use is provisional: the provisional use must show as what it is. */
function readFixedWhen(json: Json, path: string): When {
  const when = readWhen(json, path);
  if (when.provisional === undefined) return when;
  throw malformed(`${path}.provisional`, 'left out here: it chooses among approvals only');
}

function readWhen(json: Json, path: string): When {
  const object = asObject(json, path);
  onlyKeys(object, ['tier', 'fairLending', 'provisional', 'materiality', 'class'], path);
  const materiality = optional(object.materiality, `${path}.materiality`, (list, at) =>
    asArray(list, at, (item, itemPath) => asOneOf(item, MATERIALITIES, itemPath)),
  );
  const changeClass = optional(object.class, `${path}.class`, (list, at) =>
    asArray(list, at, (item, itemPath) => asOneOf(item, CHANGE_CLASSES, itemPath)),
  );
  const tier = optional(object.tier, `${path}.tier`, (list, at) =>
    asArray(list, at, (item, itemPath) => asOneOf(item, TIERS, itemPath)),
  );
  const fairLending = optional(object.fairLending, `${path}.fairLending`, asBoolean);
  const provisional = optional(object.provisional, `${path}.provisional`, asBoolean);
  return {
    ...(tier === undefined ? {} : { tier }),
    ...(fairLending === undefined ? {} : { fairLending }),
    ...(provisional === undefined ? {} : { provisional }),
    ...(materiality === undefined ? {} : { materiality }),
    ...(changeClass === undefined ? {} : { class: changeClass }),
  };
}

export function whenHolds(
  when: When | undefined,
  facts: {
    readonly tier: Tier;
    readonly fairLending: boolean;
    readonly provisional?: boolean;
    /** `material` where it was not computed. */
    readonly materiality?: Materiality | undefined;
    readonly class?: ChangeClass | undefined;
  },
): boolean {
  if (when === undefined) return true;
  if (when.materiality?.includes(facts.materiality ?? 'material') === false) return false;
  if (when.class?.includes(facts.class ?? 'standard') === false) return false;
  if (when.tier !== undefined && !when.tier.includes(facts.tier)) return false;
  if (when.fairLending !== undefined && when.fairLending !== facts.fairLending) return false;
  return when.provisional === undefined || when.provisional === (facts.provisional ?? false);
}
