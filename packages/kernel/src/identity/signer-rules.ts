// SPDX-License-Identifier: Apache-2.0
import { MEASURED_CATALOGUE } from '../evidence/feature-catalogue.ts';
import type { Json } from '../json/parse.ts';
import type { RecordType } from '../records/record-type.ts';
import type { Predicate } from '../records/statement.ts';
import { accountOf, actsAs, coverDuties, type EnrolledKey } from './key-register.ts';
import { ROLES, type Role, type Service } from './roles.ts';

/** Who must have signed a record for it to count as what it says it is. */
type Rule =
  | { readonly service: Service }
  | { readonly roles: readonly Role[]; readonly persons: number }
  | { readonly anyOf: readonly Rule[] }
  /** For each list somebody in one of its roles, and nobody for two of them. */
  | { readonly eachOf: readonly (readonly Role[])[] };

const byPlatform: Rule = { service: 'platform' };
const by = (persons: number, ...roles: readonly Role[]): Rule => ({ roles, persons });
const anyPerson: Rule = by(
  1,
  'developer',
  'model-risk',
  'validator',
  'legal',
  'compliance',
  'executive',
  'model-owner',
  'operator',
  'administrator',
);

/** Measured or computed by the platform: a person's signature would only claim it. */
const MEASURED: readonly RecordType[] = [
  'dataset-snapshot',
  'data-quality-report',
  'representativeness-report',
  'source-revision',
  'environment-lock',
  'training-run',
  'model-artifact',
  'model-spec',
  'reproduction-attestation',
  'performance-test',
  'robustness-test',
  'benchmark-test',
  'explainability-test',
  'fairness-test',
  'implementation-test',
  'sod-check',
  'e-signature',
  'monitoring-result',
  'outcomes-analysis',
  'outcome-record',
  'action-record',
  'generated-document',
  'integrity-check',
];

const PERSONS: readonly (readonly [RecordType, Rule])[] = [
  ['inventory-entry', by(1, 'model-owner', 'developer', 'model-risk')],
  ['intended-use', by(1, 'model-owner')],
  ['risk-tier', by(1, 'model-risk')],
  ['scope-determination', by(1, 'model-risk')],
  ['role-assignment', by(1, 'model-risk', 'administrator')],
  ['validation-report', by(1, 'validator')],
  ['change-record', by(1, 'developer', 'model-owner')],
  ['run-request', by(1, 'developer', 'model-owner', 'validator')],
  // Who must have signed these follows from what they say: identity/{enrolment,key-change,rotation}.ts.
  ['key-enrolment', by(1, ...ROLES)],
  ['key-change', by(1, ...ROLES)],
  ['founding-rotation', by(1, ...ROLES)],
  // The account itself, or two who are independent of it: gates/separation-of-duties.ts judges which.
  ['author-attribution', by(1, ...ROLES)],
];

/**
 * Policies, packs and the identity provider decide what everybody else's signature is worth: administrators, who make
 * people, do not change them without model risk.
 */
const POLICY_MAKERS: Rule = { eachOf: [['model-risk'], ['administrator', 'model-risk']] };

const RULES: ReadonlyMap<RecordType, Rule> = new Map<RecordType, Rule>([
  ...MEASURED.map((type) => [type, byPlatform] as const),
  ...PERSONS,
  ['policy-document', POLICY_MAKERS],
  ['decision-log', { service: 'gateway' }],
  ['finding', { anyOf: [anyPerson, byPlatform] }],
  ['incident-record', { anyOf: [anyPerson, byPlatform] }],
  // Nobody's approval rests on one: whoever has no key at hand is heard all the same, and shown as attested.
  ['change-remark', { anyOf: [by(1, ...ROLES), byPlatform] }],
  ['test-plan', { anyOf: [byPlatform, by(1, 'validator')] }],
]);

const REVOKERS: Rule = {
  anyOf: [
    byPlatform,
    by(1, 'model-risk', 'validator', 'model-owner', 'executive', 'compliance', 'legal'),
  ],
};

/** Whoever owns a finding must not be the one who closes it. */
const CLOSERS: Rule = by(1, 'validator', 'model-risk', 'compliance');

/** Who answers for the model and who challenged it agree that what stopped it is mended. */
const RESUMERS: Rule = { eachOf: [['model-owner'], ['validator']] };

/** A high risk is accepted by an executive and model risk together, any other by an executive. */
const HIGH_RISK_ACCEPTORS: Rule = { eachOf: [['executive'], ['model-risk']] };

/** A condition of an approval stops the model once it lapses: it is set by those who may stop it. */
const CONDITION_SETTERS: Rule = REVOKERS;

const OVERLAY_SIGNERS: Rule = by(1, 'model-owner', 'model-risk', 'executive', 'compliance');

function findingRule(predicate: Predicate): Rule | undefined {
  const { content, supersedes } = predicate;
  if (supersedes === undefined && content.condition !== undefined) return CONDITION_SETTERS;
  if (content.status === 'extended') return by(1, 'model-risk');
  if (content.status === 'accepted')
    return content.severity === 'high' ? HIGH_RISK_ACCEPTORS : by(1, 'executive');
  if (content.status === 'retest') return by(1, 'validator');
  // Whether a response drops what the finding blocks is judged on its whole chain (governance/finding-steps.ts).
  if (content.status === 'responded' && content.respondedBy !== undefined) return undefined;
  if (content.status === 'open' && content.reopened !== undefined) return CLOSERS;
  return isRelease(predicate) ? CLOSERS : undefined;
}

function reviewRule({ kind, content }: Predicate): Rule | undefined {
  if (kind === 'model' && content.outcome !== undefined) return by(1, 'validator', 'model-risk');
  return kind === 'attestation-campaign' ? by(1, 'model-risk') : undefined;
}

/** A hold must be quick and can harm nobody: one person places it. What ends it, and what deletes, takes two. */
const HOLD_PLACERS: Rule = by(1, 'legal', 'compliance');
const HOLD_LIFTERS: Rule = {
  eachOf: [['legal'], ['legal', 'compliance', 'model-risk', 'executive', 'administrator']],
};
/** Who runs the machine and who answers for what must be kept: neither deletes alone. */
const SWEEPERS: Rule = { eachOf: [['administrator'], ['legal', 'compliance']] };
/** A period below what its provision asks for is a legal judgement. */
const BELOW_FLOOR: Rule = {
  eachOf: [['model-risk'], ['administrator', 'model-risk'], ['legal']],
};

function retentionRule({ type, kind, content, supersedes }: Predicate): Rule | undefined {
  if (type === 'policy-document')
    return isBelowAnyFloor(content.retention) ? BELOW_FLOOR : undefined;
  if (type !== 'retention-rule') return undefined;
  if (kind === 'deletion' || kind === 'disposal') return byPlatform;
  if (kind === 'sweep') return SWEEPERS;
  if (kind !== 'legal-hold') return undefined;
  const isPlaced = supersedes === undefined && content.status === 'placed';
  return isPlaced ? HOLD_PLACERS : HOLD_LIFTERS;
}

/** Whatever else the document is: a rule that says so is never signed by fewer. */
function isBelowAnyFloor(retention: Json | undefined): boolean {
  if (typeof retention !== 'object' || retention === null || !('rules' in retention)) return false;
  const { rules } = retention;
  return (
    Array.isArray(rules) &&
    rules.some((rule) => typeof rule === 'object' && rule !== null && 'belowFloor' in rule)
  );
}

function registerRule(predicate: Predicate): Rule | undefined {
  const { type, kind, content } = predicate;
  const ofRetention = retentionRule(predicate);
  if (ofRetention !== undefined) return ofRetention;
  if (type === 'finding') return findingRule(predicate);
  if (type === 'periodic-review') return reviewRule(predicate);
  if (type === 'generated-document' && kind === 'document-signature') return anyPerson;
  const isOverlay = type === 'override-record' && kind === 'overlay';
  return isOverlay && content.authority !== undefined ? OVERLAY_SIGNERS : undefined;
}

/** Accounts that a state of a finding must not be signed by: nobody judges their own answer. */
function barredFrom({ type, content }: Predicate): readonly unknown[] {
  if (type !== 'finding') return [];
  const { status, owner, respondedBy } = content;
  if (status === 'extended' || status === 'accepted') return [owner];
  if (status === 'retest') return [owner, respondedBy];
  // Closings of before the register name no evidence.
  return status === 'closed' && content.evidence !== undefined ? [owner, respondedBy] : [];
}

function ruleFor(predicate: Predicate): Rule {
  const special = registerRule(predicate);
  if (special !== undefined) return special;
  if (predicate.type === 'deployment-record') {
    if (predicate.kind === 'promote' || predicate.kind === 'legacy') return byPlatform;
    return predicate.kind === 'resume' ? RESUMERS : REVOKERS;
  }
  if (predicate.type === 'feature-catalogue' && predicate.kind === MEASURED_CATALOGUE)
    return byPlatform;
  return RULES.get(predicate.type) ?? anyPerson;
}

/** A finding's record that stops it from blocking: closed, or said to block no more. */
function isRelease({ content, supersedes }: Predicate): boolean {
  return content.status === 'closed' || (supersedes !== undefined && content.blocking !== true);
}

interface Signing {
  readonly signers: readonly EnrolledKey[];
  readonly model: string | undefined;
}

function satisfies(rule: Rule, signing: Signing): boolean {
  const { signers, model } = signing;
  if ('anyOf' in rule) return rule.anyOf.some((one) => satisfies(one, signing));
  if ('eachOf' in rule) {
    return coverDuties(signers, rule.eachOf, (key, roles) =>
      roles.some((role) => actsAs(key, role, model)),
    );
  }
  if ('service' in rule) {
    return signers.some(
      ({ holder }) => holder.kind === 'service' && holder.service === rule.service,
    );
  }
  const persons = signers.filter((key) => rule.roles.some((role) => actsAs(key, role, model)));
  return new Set(persons.map(accountOf)).size >= rule.persons;
}

function describe(rule: Rule): string {
  if ('anyOf' in rule) return rule.anyOf.map(describe).join(', or ');
  if ('eachOf' in rule) {
    const duties = rule.eachOf.map((roles) => roles.join(' or '));
    return `different persons in the roles ${duties.join(', and ')}`;
  }
  if ('service' in rule) return `the ${rule.service} key`;
  const who = rule.persons === 1 ? 'one person' : `${rule.persons} persons`;
  return `${who} in the role ${rule.roles.join(' or ')}`;
}

/** Why the signatures on a record do not make it count, or undefined when they do. */
export function signerRefusal(
  predicate: Predicate,
  signers: readonly EnrolledKey[],
): string | undefined {
  if (signers.length === 0) return `no enrolled key signed this ${predicate.type}`;
  const rule = ruleFor(predicate);
  const { model } = predicate.subjectRef;
  if (!satisfies(rule, { signers, model }))
    return `${predicate.type} must be signed by ${describe(rule)}`;
  const barred = barredFrom(predicate);
  const partial = signers.map(accountOf).find((account) => barred.includes(account));
  if (partial !== undefined) {
    return `\`${partial}\` owns or answered the finding: somebody else signs that it is ${String(predicate.content.status)}`;
  }
  const isOwnAnswer =
    predicate.type === 'finding' &&
    predicate.content.status === 'responded' &&
    predicate.supersedes !== undefined &&
    predicate.content.respondedBy !== undefined;
  if (isOwnAnswer && predicate.content.respondedBy !== predicate.actor)
    return `\`respondedBy\` is not \`${predicate.actor}\`, who signs the response`;
  if (predicate.actor.startsWith('service:')) return undefined;
  const persons = signers.filter(({ holder }) => holder.kind === 'person').map(accountOf);
  // A platform record may name the person who asked for it; a person's record names one of its signers.
  if (persons.length > 0 && !persons.includes(predicate.actor)) {
    return `\`${predicate.actor}\` acted but did not sign`;
  }
  return undefined;
}
