// SPDX-License-Identifier: Apache-2.0
import type { EvidenceId } from '../evidence/evidence-ids.ts';
import { evidenceItems, type VersionContext } from '../evidence/evidence-items.ts';
import { accountOf, actsAs, coverDuties, type EnrolledKey } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { asNonEmpty, asTime, type JsonObject, onlyKeys } from '../records/shape.ts';
import {
  type ConditionId,
  type Policy,
  type Tier,
  type WaivableRule,
  whenHolds,
} from './policy.ts';
import { conflictOf, type Duties } from './separation-of-duties.ts';

/** A signed waiver (`exception-record` of kind `waiver`): what is done without, why, and what is done in its place. */
export interface Waiver {
  /** One of the two is given. */
  readonly evidence?: string;
  readonly condition?: string;
  readonly reason: string;
  readonly compensatingControl: string;
  readonly expires: string;
}

export function readWaiverContent(content: JsonObject): Waiver {
  const named = content.evidence === undefined ? 'condition' : 'evidence';
  onlyKeys(content, [named, 'reason', 'compensatingControl', 'expires'], 'content');
  return {
    [named]: asNonEmpty(content[named], `content.${named}`),
    reason: asNonEmpty(content.reason, 'content.reason'),
    compensatingControl: asNonEmpty(content.compensatingControl, 'content.compensatingControl'),
    expires: asTime(content.expires, 'content.expires'),
  };
}

/** What waivers and provisional uses are judged from: part of the facts of a gate, and of a page of evidence. */
export interface ReliefFacts {
  readonly set: RecordSet;
  readonly context: VersionContext;
  readonly policy: Policy;
  readonly tier: Tier;
  readonly fairLending: boolean;
  readonly duties: Duties;
  readonly now: string;
}

/** Waivers that hold, by what they waive, and those that were offered and do not, with the reason. */
export interface Waivers {
  readonly evidence: ReadonlyMap<EvidenceId, string>;
  readonly conditions: ReadonlyMap<ConditionId, string>;
  readonly refused: readonly { readonly what: string; readonly reason: string }[];
}

export function waiversOf(facts: ReliefFacts): Waivers {
  const evidence = new Map<EvidenceId, string>();
  const conditions = new Map<ConditionId, string>();
  const refused: { what: string; reason: string }[] = [];
  // Without rules nothing is read: what such a record says could otherwise stop a gate of an older policy.
  const rules = (facts.policy.waivable ?? []).filter(({ when }) => whenHolds(when, facts));
  if (rules.length === 0) return { evidence, conditions, refused };
  const offered = { id: 'exception-record', kind: 'waiver' } as const;
  for (const record of evidenceItems(facts.set, facts.context, offered)) {
    const judged = judgeWaiver(facts, rules, record);
    if ('refused' in judged) {
      const { evidence: item, condition } = record.statement.predicate.content;
      const reason = `waiver ${record.digest.slice(0, 12)}: ${judged.refused}`;
      refused.push({ what: String(item ?? condition), reason });
    } else {
      const { rule } = judged;
      if (rule.evidence !== undefined) evidence.set(rule.evidence, record.digest);
      if (rule.condition !== undefined) conditions.set(rule.condition, record.digest);
    }
  }
  return { evidence, conditions, refused };
}

function judgeWaiver(
  facts: ReliefFacts,
  rules: readonly WaivableRule[],
  record: CountedRecord,
): { readonly rule: WaivableRule } | { readonly refused: string } {
  const { predicate } = record.statement;
  let waiver: Waiver;
  try {
    waiver = readWaiverContent(predicate.content);
  } catch (error) {
    return { refused: error instanceof Error ? error.message : 'it cannot be read' };
  }
  const rule = rules.find((one) =>
    waiver.evidence === undefined
      ? one.condition === waiver.condition
      : one.evidence === waiver.evidence,
  );
  if (rule === undefined) return { refused: 'policy lets nobody waive it here' };
  const { artifactDigest, use } = predicate.subjectRef;
  if (use === undefined) return { refused: 'it names no use' };
  if (rule.condition !== undefined && artifactDigest !== facts.context.artifactDigest) {
    return { refused: 'it was signed for other artefact bytes' };
  }
  const refusal = reliefRefusal(facts, {
    record,
    expires: waiver.expires,
    ...rule,
    roles: rule.by,
  });
  return refusal === undefined ? { rule } : { refused: refusal };
}

/** Why signatures or dates keep an excuse from holding, or undefined. */
export function reliefRefusal(
  facts: ReliefFacts,
  at: {
    readonly record: CountedRecord;
    readonly expires: string;
    readonly daysMax: number;
    readonly roles: readonly Role[];
  },
): string | undefined {
  const { record, expires, daysMax, roles } = at;
  if (expires <= facts.now) return `it expired on ${expires}`;
  const days = (Date.parse(expires) - Date.parse(record.loggedAt)) / DAY_MS;
  if (days > daysMax) return `it runs ${Math.ceil(days)} days, policy allows ${daysMax}`;
  const isFree = (key: EnrolledKey, role: Role) => mayRelieve(facts, key, role);
  const missing = roles.find((role) => !record.signers.some((key) => isFree(key, role)));
  if (missing !== undefined) return `no independent signature in the role \`${missing}\``;
  return coverDuties(record.signers, roles, isFree) ? undefined : 'one person signed for two roles';
}

const DAY_MS = 86_400_000;

/** Whoever took part in building it excuses nothing of it, in whatever role. */
function mayRelieve(facts: ReliefFacts, key: EnrolledKey, role: Role): boolean {
  const account = accountOf(key);
  if (!actsAs(key, role, facts.context.model)) return false;
  if (facts.duties.developers.some((one) => one.account === account)) return false;
  return conflictOf(facts.set, facts.duties, { account, role }) === undefined;
}
