// SPDX-License-Identifier: Apache-2.0
import { KernelError } from '../errors.ts';
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
import { isShorter, type Period } from './period.ts';
import { DESTROYABLE_KINDS, type DestroyableKind, MOMENTS, type Moment } from './thing-kinds.ts';

/**
 * How long: a period of the calendar; `record`, as long as the record it describes, which is for ever; `longest-of-model`,
 * the longest that any rule says that applies to the model, whatever it keeps.
 */
export type RulePeriod = Period | 'record' | 'longest-of-model';

export interface RetentionRule {
  readonly id: string;
  readonly keeps: readonly DestroyableKind[];
  /** It applies where one of these packs is in scope; empty: everywhere, a rule of the house. */
  readonly packs: readonly string[];
  readonly models?: readonly string[];
  readonly uses?: readonly string[];
  readonly period: RulePeriod;
  readonly from: Moment;
  /** Where the moment is not on record: counted from another one, so many days later. */
  readonly otherwise?: { readonly from: Moment; readonly days: number };
  /** It ends what it names even where another rule keeps longer (special-category data). A hold still wins. */
  readonly ceiling?: boolean;
  readonly basis: string;
  readonly clauses: readonly string[];
  /** Why it is shorter than the law's own period; then legal signs too. */
  readonly belowFloor?: string;
}

/** policies/retention.yaml, `content.retention` of a `policy-document` of kind `retention`. */
export interface RetentionPolicy {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly rules: readonly RetentionRule[];
}

/** frameworks.md, section 12: what the named provision itself asks for at least. */
export const RULE_FLOORS: Readonly<Record<string, Period>> = {
  'reg-b-consumer': { months: 25 }, // 12 CFR 1002.12(b)(1)
  'reg-b-business': { months: 12 }, // 12 CFR 1002.12(b)(1)
  'eu-documentation': { years: 10 }, // Regulation (EU) 2024/1689, Art. 18
  'eu-logs': { months: 6 }, // Art. 19, 26(6)
  'device-records': { years: 2 }, // ISO 13485:2016, 4.2.5
  'fedramp-scn': { months: 12 }, // SCN-CSO-HIS
  'broker-dealer': { years: 3 }, // 17 CFR 240.17a-4
};

/** Every rule of frameworks.md, section 12, and the one on data of Art. 4a that its last sentence asks for. */
export const RETENTION_RULE_IDS: readonly string[] = [
  'reg-b-consumer',
  'reg-b-business',
  'ecoa-limitations',
  'eu-documentation',
  'eu-logs',
  'special-category',
  'device-records',
  'part-11-trail',
  'nist-audit',
  'fedramp-scn',
  'soc-2-period',
  'mrm-default',
  'broker-dealer',
  'reproduction-set',
];

const RULE_KEYS = [
  'id',
  'keeps',
  'packs',
  'models',
  'uses',
  'period',
  'from',
  'otherwise',
  'ceiling',
  'basis',
  'clauses',
  'belowFloor',
];
const RULE_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** @throws KernelError `record_malformed` naming the member */
export function readRetentionPolicy(json: Json | undefined, path = 'retention'): RetentionPolicy {
  const object = asObject(json, path);
  onlyKeys(object, ['id', 'version', 'title', 'rules'], path);
  const rules = asArray(object.rules, `${path}.rules`, readRule);
  const doubled = rules.findIndex(({ id }, at) => rules.findIndex((one) => one.id === id) !== at);
  if (doubled >= 0)
    throw malformed(`${path}.rules[${doubled}].id`, 'an id that no other rule of the policy has');
  return {
    id: asNonEmpty(object.id, `${path}.id`),
    version: asNonEmpty(object.version, `${path}.version`),
    title: asNonEmpty(object.title, `${path}.title`),
    rules,
  };
}

function readRule(json: Json, path: string): RetentionRule {
  const object = asObject(json, path);
  onlyKeys(object, RULE_KEYS, path);
  const id = asNonEmpty(object.id, `${path}.id`);
  if (!RULE_ID.test(id))
    throw malformed(`${path}.id`, 'a name of lower-case letters, digits and `-`');
  const keeps = asArray(object.keeps, `${path}.keeps`, (one, at) =>
    asOneOf(one, DESTROYABLE_KINDS, at),
  );
  if (keeps.length === 0) throw malformed(`${path}.keeps`, 'a list of at least one kind');
  const models = optional(object.models, `${path}.models`, names);
  const uses = optional(object.uses, `${path}.uses`, names);
  const otherwise = optional(object.otherwise, `${path}.otherwise`, readOtherwise);
  const ceiling = optional(object.ceiling, `${path}.ceiling`, asBoolean);
  const belowFloor = optional(object.belowFloor, `${path}.belowFloor`, asNonEmpty);
  const rule: RetentionRule = {
    id,
    keeps,
    packs: asArray(object.packs, `${path}.packs`, asNonEmpty),
    period: readPeriod(object.period, `${path}.period`),
    from: asOneOf(object.from, MOMENTS, `${path}.from`),
    basis: asNonEmpty(object.basis, `${path}.basis`),
    clauses: asArray(object.clauses, `${path}.clauses`, asNonEmpty),
    ...(models === undefined ? {} : { models }),
    ...(uses === undefined ? {} : { uses }),
    ...(otherwise === undefined ? {} : { otherwise }),
    ...(ceiling === undefined ? {} : { ceiling }),
    ...(belowFloor === undefined ? {} : { belowFloor }),
  };
  refuseBelowFloor(rule, path);
  return rule;
}

/** Between the members: a floor is gone below knowingly or not at all, and a ceiling has an end. */
function refuseBelowFloor(rule: RetentionRule, path: string): void {
  if (rule.ceiling === true && typeof rule.period === 'string')
    throw malformed(`${path}.period`, 'a length of time: a ceiling ends');
  if (isBelowFloor(rule) && rule.belowFloor === undefined) {
    throw new KernelError(
      'record_malformed',
      `\`${path}.period\` is shorter than ${rule.basis} asks for; lengthen it, or give the reason in \`belowFloor\` and have legal sign`,
      { path: `${path}.period` },
    );
  }
}

/** Whether a rule of the table is shorter than its provision asks for. */
export function isBelowFloor({ id, period }: Pick<RetentionRule, 'id' | 'period'>): boolean {
  const floor = Object.hasOwn(RULE_FLOORS, id) ? RULE_FLOORS[id] : undefined;
  return floor !== undefined && typeof period !== 'string' && isShorter(period, floor);
}

function names(json: Json, path: string): readonly string[] {
  return asArray(json, path, asNonEmpty);
}

function readOtherwise(json: Json, path: string): { from: Moment; days: number } {
  const object = asObject(json, path);
  onlyKeys(object, ['from', 'days'], path);
  return {
    from: asOneOf(object.from, MOMENTS, `${path}.from`),
    days: asCount(object.days, `${path}.days`),
  };
}

/** Longer than any archive: what is meant to last for ever says `record`. */
const PERIOD_MAX = { years: 200, months: 2_400, days: 73_000 } as const;

function readPeriod(json: Json | undefined, path: string): RulePeriod {
  if (typeof json === 'string') return asOneOf(json, ['record', 'longest-of-model'] as const, path);
  const object = asObject(json, path);
  onlyKeys(object, ['years', 'months', 'days'], path);
  const given = (unit: keyof typeof PERIOD_MAX) => {
    const n = optional(object[unit], `${path}.${unit}`, asCount);
    if ((n ?? 0) > PERIOD_MAX[unit])
      throw malformed(`${path}.${unit}`, `${PERIOD_MAX[unit]} at most`);
    return n === undefined ? {} : { [unit]: n };
  };
  const period: Period = { ...given('years'), ...given('months'), ...given('days') };
  if (Object.keys(period).length === 0) throw malformed(path, '`years`, `months` or `days`');
  return period;
}
