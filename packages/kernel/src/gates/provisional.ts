// SPDX-License-Identifier: Apache-2.0
import { evidenceItems } from '../evidence/evidence-items.ts';
import { type CountedRecord, type RecordSet, recordsOfType } from '../records/record-set.ts';
import { asNonEmpty, asTime, type JsonObject, onlyKeys } from '../records/shape.ts';
import type { SubjectRef } from '../records/statement.ts';
import type { ProvisionalRule } from './policy.ts';
import { type ReliefFacts, reliefRefusal } from './waivers.ts';

/** A signed provisional use (`exception-record` of kind `provisional`) of one version before its validation is completed. */
export interface ProvisionalUse {
  readonly reason: string;
  /** Of use and population, in words; the limits in figures are the policy's. */
  readonly limits: string;
  readonly extraMonitoring: string;
  readonly expires: string;
}

export function readProvisionalContent(content: JsonObject): ProvisionalUse {
  onlyKeys(content, ['reason', 'limits', 'extraMonitoring', 'expires'], 'content');
  return {
    reason: asNonEmpty(content.reason, 'content.reason'),
    limits: asNonEmpty(content.limits, 'content.limits'),
    extraMonitoring: asNonEmpty(content.extraMonitoring, 'content.extraMonitoring'),
    expires: asTime(content.expires, 'content.expires'),
  };
}

export interface ProvisionalJudgement {
  /** Digest of the record that holds. */
  readonly record?: string;
  readonly refused: readonly string[];
}

/** The provisional use that a version may rest on in place of a validation, if one holds. */
export function provisionalUseOf(facts: ReliefFacts): ProvisionalJudgement {
  const rule = facts.policy.provisional;
  if (rule === undefined) return { refused: [] };
  const offered = evidenceItems(facts.set, facts.context, {
    id: 'exception-record',
    kind: 'provisional',
  });
  const refused: string[] = [];
  for (const record of [...offered].reverse()) {
    const refusal = refusalOf(facts, rule, record);
    if (refusal === undefined) return { record: record.digest, refused };
    refused.push(`provisional use ${record.digest.slice(0, 12)}: ${refusal}`);
  }
  return { refused };
}

function refusalOf(
  facts: ReliefFacts,
  rule: ProvisionalRule,
  record: CountedRecord,
): string | undefined {
  const { content, subjectRef } = record.statement.predicate;
  if (!rule.tiers.includes(facts.tier)) return `policy allows none at ${facts.tier} tier`;
  if (subjectRef.artifactDigest !== facts.context.artifactDigest) {
    return 'it was signed for other artefact bytes';
  }
  let use: ProvisionalUse;
  try {
    use = readProvisionalContent(content);
  } catch (error) {
    return error instanceof Error ? error.message : 'it cannot be read';
  }
  const end = endOfProvisional(facts.set, record, rule.daysMax);
  if (Date.parse(use.expires) > end) {
    return `provisional use of the model for this use ends on ${new Date(end).toISOString()}: a renewal adds nothing, complete the validation`;
  }
  const { signers: roles, daysMax } = rule;
  return reliefRefusal(facts, { record, expires: use.expires, daysMax, roles });
}

const DAY_MS = 86_400_000;

/**
 * When provisional use of a model for a use ends, whatever its versions: counted from the first record of it since a
 * validator last approved a version. Superseded records count too, or renewing would start the clock anew.
 */
function endOfProvisional(set: RecordSet, record: CountedRecord, daysMax: number): number {
  const ref = record.statement.predicate.subjectRef;
  const validated = recordsOfType(set, 'validation-report').findLast(
    ({ index, statement: { predicate } }) =>
      index < record.index &&
      isOfSame(predicate.subjectRef, ref) &&
      String(predicate.content.outcome).startsWith('approved'),
  );
  const first = recordsOfType(set, 'exception-record').find(
    ({ index, statement: { predicate } }) =>
      index > (validated?.index ?? -1) &&
      predicate.kind === 'provisional' &&
      isOfSame(predicate.subjectRef, ref),
  );
  return Date.parse((first ?? record).loggedAt) + daysMax * DAY_MS;
}

function isOfSame(a: SubjectRef, b: SubjectRef): boolean {
  const isSameUse = a.use === undefined || b.use === undefined || a.use === b.use;
  return a.workspace === b.workspace && a.model === b.model && isSameUse;
}

/**
 * What a provisional warrant in production has run into since it was minted: monitoring that is overdue, answers beyond
 * its limit. Empty while it may go on.
 */
export function provisionalBreaches(
  set: RecordSet,
  warrant: { readonly digest: string; readonly subject: SubjectRef; readonly from: string },
  at: { readonly rule: ProvisionalRule; readonly now: string },
): readonly string[] {
  const { rule, now } = at;
  const { everyDays } = rule.extraMonitoring;
  const watched = recordsOfType(set, 'monitoring-result')
    .filter(
      ({ loggedAt, statement: { predicate } }) =>
        predicate.content.warrant === warrant.digest && loggedAt <= now,
    )
    .map(({ loggedAt }) => loggedAt);
  const due =
    Date.parse([warrant.from, ...watched].sort().at(-1) ?? warrant.from) + everyDays * DAY_MS;
  const breaches: string[] = [];
  if (Date.parse(now) > due) {
    breaches.push(
      `provisional use is monitored every ${everyDays} days, and nothing is recorded since ${new Date(due - everyDays * DAY_MS).toISOString()}: run \`countersign monitor\``,
    );
  }
  const answered = answersUnderProvisional(set, warrant.subject);
  if (answered >= rule.limits.answersMax) {
    breaches.push(
      `${answered} answers were given under provisional use, policy allows ${rule.limits.answersMax}`,
    );
  }
  return breaches;
}

/** Answers in signed batches of gateways under any provisional warrant of the model and use; a shared batch counts whole. */
function answersUnderProvisional(set: RecordSet, subject: SubjectRef): number {
  const warrants = new Set(
    recordsOfType(set, 'deployment-record')
      .filter(
        ({ statement: { predicate } }) =>
          predicate.kind === 'promote' &&
          predicate.content.warrant === 'provisional' &&
          predicate.content.environment === 'production' &&
          isOfSame(predicate.subjectRef, subject),
      )
      .map(({ digest }) => digest),
  );
  return recordsOfType(set, 'decision-log').reduce((sum, { statement }) => {
    const { warrants: named, answered } = statement.predicate.content;
    const isUnderOne =
      Array.isArray(named) && named.some((one) => typeof one === 'string' && warrants.has(one));
    return isUnderOne && typeof answered === 'number' ? sum + answered : sum;
  }, 0);
}
