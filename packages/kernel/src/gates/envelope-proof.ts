// SPDX-License-Identifier: Apache-2.0
import { parseDecimal } from '../decimal.ts';
import {
  evidenceItems,
  supersededDigests,
  type VersionContext,
} from '../evidence/evidence-items.ts';
import { accountOf, actsAs, coverDuties, keyStanding } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import type { Json } from '../json/parse.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { type ChangeEnvelope, isEnvelope, readEnvelope } from './envelope.ts';
import { type Baseline, productionWarrants } from './materiality.ts';
import {
  changesBetween,
  comparisonRecord,
  MEASURES,
  measuredShift,
  objectOf,
  ofVersion,
  parameterChanges,
  type VersionPair,
} from './materiality-changes.ts';
import { gateVerdict, type JudgedMeasurement, measurementsOf } from './measurements.ts';
import { type ApprovalRule, type Policy, type Tier, TRANSITIONS, whenHolds } from './policy.ts';
import { conflictOf, type Duties } from './separation-of-duties.ts';

export interface EnvelopeQuestion {
  readonly set: RecordSet;
  /** The change request that names the envelope. */
  readonly request: CountedRecord;
  readonly envelope: string;
  readonly context: VersionContext;
  readonly baseline: Baseline | undefined;
  readonly duties: Duties;
  /** What a material change of this use takes: the envelope took them all in advance (`envelopeApprovals`). */
  readonly approvals: readonly ApprovalRule[];
  readonly now: string;
}

export interface EnvelopeProof {
  readonly envelope: string;
  readonly title: string;
  /** Every bound that failed; none means inside. */
  readonly outside: readonly string[];
  readonly used: number;
  readonly uses: number;
  readonly records: readonly string[];
}

/** Proves from records that a version is inside an approved envelope, or says every bound that it breaks. */
export function proveEnvelope(question: EnvelopeQuestion): EnvelopeProof {
  const { set, context } = question;
  const record = set.byDigest.get(question.envelope);
  const none = { envelope: question.envelope, title: '', used: 0, uses: 0, records: [] };
  if (!isEnvelope(record)) return { ...none, outside: ['no envelope of this digest counts'] };
  const { subjectRef } = record.statement.predicate;
  const isOfUse =
    subjectRef.workspace === context.workspace &&
    subjectRef.model === context.model &&
    subjectRef.use === context.use;
  if (!isOfUse) return { ...none, outside: ['the envelope is of another model or use'] };
  const envelope = readEnvelope(record.statement.predicate.content);
  const used = usesOf(question);
  return {
    envelope: record.digest,
    title: envelope.title,
    outside: [
      ...standing(question, record, envelope, used),
      ...unsigned(question, record),
      ...(question.baseline === undefined
        ? ['no version of this use is in production: there is nothing to stay close to']
        : bounds(envelope, { set, before: question.baseline.context, after: context })),
    ],
    used,
    uses: envelope.uses,
    records: [record.digest],
  };
}

function standing(
  question: EnvelopeQuestion,
  record: CountedRecord,
  envelope: ChangeEnvelope,
  used: number,
): readonly string[] {
  const { set, request, now } = question;
  const failed: string[] = [];
  if (record.index > request.index) failed.push('the envelope is younger than the request');
  if (supersededDigests(set).has(record.digest)) failed.push('the envelope was replaced');
  if (now >= envelope.expires) failed.push(`the envelope expired at ${envelope.expires}`);
  if (used >= envelope.uses) failed.push(`all ${envelope.uses} uses of the envelope are used up`);
  if (!isAnchored(question, envelope)) {
    failed.push(
      `the version in production is neither @${envelope.version}, which it was approved for, nor one shipped inside it`,
    );
  }
  return failed;
}

/** Other versions that went into production inside the envelope: staging uses nothing, a renewal counts no second time. */
function usesOf({ set, context, envelope }: EnvelopeQuestion): number {
  const versions = productionWarrants(set, context, Number.POSITIVE_INFINITY)
    .filter(({ statement: { predicate } }) => {
      const request = String(predicate.content.changeRequest);
      const isOther = predicate.subjectRef.version !== context.version;
      return isOther && envelopeNamedBy(set, request) === envelope;
    })
    .map(({ statement }) => statement.predicate.subjectRef.version);
  return new Set(versions).size;
}

function isAnchored({ set, baseline, envelope }: EnvelopeQuestion, at: ChangeEnvelope): boolean {
  if (baseline === undefined || baseline.context.version === at.version) return true;
  const request = String(baseline.warrant.statement.predicate.content.changeRequest);
  return envelopeNamedBy(set, request) === envelope;
}

function envelopeNamedBy(set: RecordSet, changeRequest: string): unknown {
  return set.byDigest.get(changeRequest)?.statement.predicate.content.envelope;
}

/** The roles that must have signed the envelope, one for every approval that a material change takes. */
export function envelopeDuties(approvals: readonly ApprovalRule[]): readonly ApprovalRule[] {
  return approvals.flatMap((rule) => Array.from({ length: rule.count }, () => rule));
}

/** Whose approvals an envelope takes in advance: those of a material change, in the transitions that policy names. */
export function envelopeApprovals(
  policy: Policy,
  model: { readonly tier: Tier; readonly fairLending: boolean },
): readonly ApprovalRule[] {
  const ordinary = { ...model, materiality: 'material', class: 'standard' } as const;
  const asked = policy.materiality?.envelope?.approves ?? ['production'];
  return TRANSITIONS.filter((one) => asked.includes(one)).flatMap((one) =>
    policy.transitions[one].approvals.filter(({ when }) => whenHolds(when, ordinary)),
  );
}

function unsigned(question: EnvelopeQuestion, record: CountedRecord): readonly string[] {
  const { set, duties, context, now } = question;
  const asked = envelopeDuties(question.approvals);
  if (asked.length === 0) return ['policy asks nobody to approve a material change'];
  const committee = asked.find((rule) => rule.committee !== undefined)?.committee;
  if (committee !== undefined) {
    return [
      `\`${committee}\` decides on material changes: what a committee decides no envelope can`,
    ];
  }
  const fit = record.signers.filter((key) => {
    const current = set.register.get(key.key.keyid) ?? key;
    return keyStanding(current, now) !== 'suspended';
  });
  const counts = (role: Role, key: (typeof fit)[number]) =>
    actsAs(key, role, context.model) &&
    conflictOf(set, duties, { account: accountOf(key), role }) === undefined;
  const covered = coverDuties(fit, asked, (key, rule) => {
    const takesKey = rule.signing !== 'key' || key.key.webauthn === undefined;
    return takesKey && counts(rule.role, key);
  });
  if (covered) return [];
  const roles = asked.map(({ role }) => role).join(', ');
  return [`the envelope is not signed by ${roles}, each a different person who did not build it`];
}

/** Every bound that the difference between two versions breaks. */
export function bounds(envelope: ChangeEnvelope, pair: VersionPair): readonly string[] {
  return [
    ...changesBetween(pair)
      .filter(({ aspect }) => !envelope.may.includes(aspect))
      .map(({ aspect, detail }) => `${aspect} may not change: ${detail.join('; ')}`),
    ...parameterBounds(envelope, pair),
    ...windowBounds(envelope, pair),
    ...metricBounds(envelope, pair),
    ...shiftBounds(envelope, pair),
  ];
}

function parameterBounds(envelope: ChangeEnvelope, pair: VersionPair): readonly string[] {
  const { parameters } = envelope;
  if (parameters === undefined || !envelope.may.includes('parameters')) return [];
  return parameterChanges(pair).flatMap(({ name, after }) => {
    const range = parameters.find((one) => one.name === name);
    if (range === undefined) return [`parameter ${name} is not among those that may change`];
    const value = numberOf(after);
    const inside =
      value !== undefined && value >= parseDecimal(range.min) && value <= parseDecimal(range.max);
    return inside
      ? []
      : [`parameter ${name} is ${String(after)}, outside ${range.min} to ${range.max}`];
  });
}

function numberOf(json: Json | undefined): number | undefined {
  if (typeof json === 'number') return json;
  if (typeof json !== 'string') return undefined;
  try {
    return parseDecimal(json);
  } catch {
    return undefined;
  }
}

function windowBounds(
  { dataWindow }: ChangeEnvelope,
  { set, after }: VersionPair,
): readonly string[] {
  if (dataWindow === undefined) return [];
  const days = ofVersion(set, after, 'dataset-snapshot').map(({ statement }) => {
    const { dataset, source } = statement.predicate.content;
    return { dataset: String(dataset), day: objectOf(source).as_of };
  });
  if (days.length === 0) return ['no dataset of the version is recorded'];
  const outside = days.flatMap(({ dataset, day }) => {
    const known = typeof day === 'string' ? day.slice(0, 10) : undefined;
    const inside = known !== undefined && known >= dataWindow.from && known <= dataWindow.to;
    const said = known === undefined ? 'not stated' : known;
    return inside
      ? []
      : [
          `data of \`${dataset}\` are as of ${said}, outside ${dataWindow.from} to ${dataWindow.to}`,
        ];
  });
  return [...new Set(outside)];
}

const MEASURED = ['performance-test', 'fairness-test', 'robustness-test'] as const;

function metricBounds({ metrics }: ChangeEnvelope, { set, after }: VersionPair): readonly string[] {
  const found = MEASURED.flatMap((id) => evidenceItems(set, after, { id }))
    .filter(({ statement }) => statement.predicate.content.phase === 'development')
    .flatMap(measurementsOf);
  return metrics.flatMap((limit) => {
    const own = found.filter(({ id }) => id === limit.metric);
    if (own.length === 0) return [`${limit.metric} is not measured`];
    return own
      .filter((one) => !holds(one, limit))
      .map(({ value }) => `${limit.metric} ${value} is not ${limit.op} ${limit.value}`);
  });
}

function holds(
  one: JudgedMeasurement,
  limit: { readonly op: '>=' | '<='; readonly value: string },
): boolean {
  const value = numberOf(one.value);
  if (value === undefined || gateVerdict(one) === 'fail') return false;
  const difference = value - parseDecimal(limit.value);
  return limit.op === '>=' ? difference >= 0 : difference <= 0;
}

function shiftBounds({ shifts }: ChangeEnvelope, pair: VersionPair): readonly string[] {
  if (comparisonRecord(pair) === undefined) {
    return ['the version has not been measured against the one in production: run its tests again'];
  }
  return MEASURES.flatMap((measure) => {
    const limit = shifts[measure];
    if (limit === undefined) return [];
    const found = measuredShift(pair, measure);
    if (found === undefined) return [`${measure} could not be measured`];
    return found.value <= parseDecimal(limit) ? [] : [`${measure} ${found.text} is above ${limit}`];
  });
}
