// SPDX-License-Identifier: Apache-2.0
import {
  supersededDigests,
  type VersionContext,
  versionContext,
} from '../evidence/evidence-items.ts';
import { accountOf, actsAs, type EnrolledKey, keyStanding } from '../identity/key-register.ts';
import type { Role } from '../identity/roles.ts';
import type { CountedRecord, RecordSet } from '../records/record-set.ts';
import { asOfIndex, recordsOfType } from '../records/record-set.ts';
import { type CarriedItem, carriedItems } from './carried.ts';
import { type Approval, readApprovalContent } from './change-request.ts';
import { committeeRefusal } from './committee.ts';
import {
  type ConditionResult,
  candidateEvidence,
  judgeCondition,
  validationExcuse,
} from './conditions.ts';
import { deputyRefusal } from './deputies.ts';
import { type GateFacts, gateFacts } from './facts.ts';
import { type Baseline, baselineOf } from './materiality.ts';
import { type ChangeSummary, changeSummary } from './materiality-summary.ts';
import { type ChangeVerdict, changeVerdict, judgeChange } from './materiality-verdict.ts';
import { type ApprovalRule, type ConditionRule, type Policy, whenHolds } from './policy.ts';
import { conflictOf } from './separation-of-duties.ts';

/** `submit`: what must hold to open the request; `promote`: everything a warrant rests on. */
export type Phase = 'submit' | 'promote';

export interface JudgedCondition extends ConditionResult {
  readonly id: string;
  readonly gate: string;
}

export interface JudgedApproval {
  readonly role: Role;
  readonly gate: string;
  readonly meaning: string;
  readonly needed: number;
  readonly given: readonly {
    readonly account: string;
    readonly record: string;
    /** The holder of the role whom the account stands in for. */
    readonly asDeputyOf?: string;
  }[];
  /** Approvals offered for this role that do not count, with the reason. */
  readonly refused: readonly { readonly record: string; readonly reason: string }[];
  /** Who holds the role but is barred by a conflict. */
  readonly conflicts: readonly string[];
  /** The committee whose decision it is. */
  readonly committee?: string;
  /** A passkey does not count (`ApprovalRule.signing`). */
  readonly signing?: 'key';
}

export interface GateVerdict {
  readonly changeRequest: string;
  readonly allowed: boolean;
  readonly conditions: readonly JudgedCondition[];
  readonly approvals: readonly JudgedApproval[];
  /** What is missing, in sentences, in the order in which it can be mended. */
  readonly missing: readonly string[];
  /** How much it changes and as what; present where policy or the request ask. */
  readonly change?: ChangeVerdict;
  /** What people wrote about the version in production and stands for this one, by the policy's `materiality.carries`. */
  readonly carried?: readonly CarriedItem[];
}

/**
 * Judges a change request from records alone: the same answer in server, gateway, browser and offline verifier.
 * @param at.now UTC time for expiry; the records of `set` are what is known
 * @param at.supposed a policy to judge under in place of the one that the request froze, to foresee its effect: no warrant
 *   rests on such a verdict
 */
export function evaluateGates(
  set: RecordSet,
  changeRequest: string,
  at: { readonly phase: Phase; readonly now: string; readonly supposed?: Policy },
): GateVerdict {
  const read = gateFacts(set, changeRequest, at.now);
  if (!read.ok) {
    return { changeRequest, allowed: false, conditions: [], approvals: [], missing: [read.reason] };
  }
  const own = at.supposed === undefined ? read.facts : { ...read.facts, policy: at.supposed };
  const change = changeVerdict(own, (warrant) => heldInProduction(own.set, warrant));
  const carried = carriedFor(own, change);
  const facts = carried.length === 0 ? own : { ...own, carried };
  const provisional =
    !carried.some(({ evidence }) => evidence === 'validation-report') &&
    validationExcuse(facts)?.isProvisional === true;
  const scope = { ...facts, materiality: change?.materiality, class: change?.class };
  const rule = facts.policy.transitions[facts.request.transition];
  const conditions = rule.conditions
    .filter((one) => whenHolds(one.when, scope) && (at.phase === 'promote' || one.at === 'submit'))
    .map((one) => judge(one, facts, at.phase));
  const approvals =
    at.phase === 'submit'
      ? []
      : rule.approvals
          .filter((one) => whenHolds(one.when, { ...scope, provisional }))
          .map((one) => judgeApproval(one, facts));
  const missing = [
    ...unattributedAuthors(facts),
    ...(change?.refusals ?? []),
    ...(at.phase === 'promote' && approvals.length === 0 ? unconfirmed(facts, change) : []),
    ...conditions.flatMap(missingOfCondition),
    ...approvals.flatMap(missingOfApproval),
    ...doubleDuties(approvals),
  ];
  return {
    changeRequest,
    allowed: missing.length === 0,
    conditions,
    approvals,
    missing,
    ...(change === undefined ? {} : { change }),
    ...(carried.length === 0 ? {} : { carried }),
  };
}

function carriedFor(facts: GateFacts, change: ChangeVerdict | undefined): readonly CarriedItem[] {
  const { set, context, policy, now } = facts;
  const against = change?.against;
  const isSmall = change !== undefined && change.materiality !== 'material';
  if (!isSmall || against === undefined || policy.materiality?.carries === undefined) return [];
  const { workspace, model, use } = context;
  const warrant = set.byDigest.get(against.warrant);
  const before = versionContext(set, { workspace, model, use, version: against.version });
  return carriedItems({
    set,
    rules: policy.materiality,
    materiality: change.materiality,
    baseline:
      warrant === undefined || !before.ok ? undefined : { warrant, context: before.context },
    now,
    carriedBy: (earlier) => verdictThen(set, earlier)?.carried ?? [],
  });
}

/**
 * However small a change, somebody who did not build it confirms it: a policy that names nobody lets nothing pass. Inside an
 * envelope whose signers approved staging in advance, that is asked once, in production.
 */
function unconfirmed(facts: GateFacts, change: ChangeVerdict | undefined): readonly string[] {
  if (change === undefined) return [];
  const inAdvance = facts.policy.materiality?.envelope?.approves ?? [];
  const isStaged = facts.request.transition === 'staging' && inAdvance.includes('staging');
  if (isStaged && change.materiality === 'within-envelope') return [];
  return [`policy asks nobody to confirm a change that is ${change.materiality}`];
}

/**
 * How much a request changes against the version in production, judged whether or not its policy asks: for people who look
 * at it.
 */
export function changeOf(
  set: RecordSet,
  changeRequest: string,
  now: string,
):
  | { readonly change: ChangeVerdict; readonly summary: ChangeSummary }
  | { readonly refused: string } {
  const read = gateFacts(set, changeRequest, now);
  if (!read.ok) return { refused: read.reason };
  try {
    const { context, record } = read.facts;
    const held = (warrant: CountedRecord) => heldInProduction(set, warrant);
    const baseline = baselineOf(set, context, { before: record.index, held });
    const summary =
      baseline === undefined
        ? FIRST
        : changeSummary({ set, before: baseline.context, after: context });
    return { change: judgeChange(read.facts, held), summary };
  } catch (error) {
    return { refused: error instanceof Error ? error.message : 'the change cannot be judged' };
  }
}

/** Of a first version there is nothing side by side. */
const FIRST: ChangeSummary = { aspects: [], parameters: [], data: [], metrics: [] };

/** The version that a use has or last had in production, by a warrant whose gates held. */
export function productionBaseline(set: RecordSet, context: VersionContext): Baseline | undefined {
  const held = (warrant: CountedRecord) => heldInProduction(set, warrant);
  return baselineOf(set, context, { before: Number.POSITIVE_INFINITY, held });
}

/** Each version is compared with the one before: without this the chain would be judged anew at every link of it. */
const THEN = new WeakMap<
  CountedRecord,
  { readonly before: number; readonly verdict: GateVerdict | undefined }
>();

/** Whether the gates of a production warrant held when it was logged, by what the log held then. */
function heldInProduction(set: RecordSet, warrant: CountedRecord): boolean {
  return verdictThen(set, warrant)?.allowed === true;
}

/** How a production warrant's own request was judged when the warrant was logged; undefined where it has none of its own. */
function verdictThen(set: RecordSet, warrant: CountedRecord): GateVerdict | undefined {
  const before = set.records.findLastIndex(({ index }) => index <= warrant.index) + 1;
  const known = THEN.get(warrant);
  if (known?.before === before) return known.verdict;
  const verdict = judgedThen(asOfIndex(set, warrant.index), warrant);
  THEN.set(warrant, { before, verdict });
  return verdict;
}

function judgedThen(then: RecordSet, warrant: CountedRecord): GateVerdict | undefined {
  const { content, subjectRef: own } = warrant.statement.predicate;
  const digest = String(content.changeRequest);
  const request = then.byDigest.get(digest)?.statement.predicate;
  const isItsOwn =
    request?.content.transition === 'production' &&
    request.content.artifactDigest === own.artifactDigest &&
    content.artifactDigest === own.artifactDigest &&
    request.subjectRef.model === own.model &&
    request.subjectRef.use === own.use &&
    request.subjectRef.version === own.version;
  return isItsOwn
    ? evaluateGates(then, digest, { phase: 'promote', now: warrant.loggedAt })
    : undefined;
}

function judge(rule: ConditionRule, facts: GateFacts, phase: Phase): JudgedCondition {
  const result =
    rule.id === 'evidence-complete' && phase === 'submit'
      ? candidateEvidence(facts)
      : judgeCondition(rule.id, facts);
  const whole = rule.id === 'staged' ? stagedRightly(facts, result) : result;
  return { id: rule.id, gate: rule.gate, ...whole };
}

/** A staging warrant carries a version on only if its own gates were met: the platform's key alone stages nothing. */
function stagedRightly(facts: GateFacts, result: ConditionResult): ConditionResult {
  const warrant = facts.set.byDigest.get(result.records[0] ?? '');
  if (result.outcome !== 'pass' || warrant === undefined) return result;
  const deny = (reason: string): ConditionResult => ({
    ...result,
    outcome: 'fail',
    reasons: [`staging warrant ${warrant.digest.slice(0, 12)} does not hold: ${reason}`],
  });
  const digest = String(warrant.statement.predicate.content.changeRequest);
  const content = facts.set.byDigest.get(digest)?.statement.predicate.content ?? {};
  const isItsOwn =
    content.transition === 'staging' && content.artifactDigest === facts.context.artifactDigest;
  if (!isItsOwn) return deny('its change request is for something else');
  const then = asOfIndex(facts.set, warrant.index);
  const verdict = evaluateGates(then, digest, { phase: 'promote', now: warrant.loggedAt });
  return verdict.allowed ? result : deny(verdict.missing.join('; '));
}

function missingOfCondition(one: JudgedCondition): readonly string[] {
  if (one.outcome === 'pass' || one.outcome === 'excepted') return [];
  const reasons = one.reasons.length === 0 ? ['no reason given'] : one.reasons;
  return reasons.map((reason) => `${one.gate} ${one.id} (${one.outcome}): ${reason}`);
}

/** At high tier a commit author whom nobody has attributed to an account might be the approver: that blocks. */
function unattributedAuthors(facts: GateFacts): readonly string[] {
  if (facts.tier !== 'high') return [];
  return facts.duties.unattributed.map(
    (email) =>
      `separation of duties: commit author \`${email}\` belongs to no account; two who are independent attribute it with \`countersign attribute\``,
  );
}

function judgeApproval(rule: ApprovalRule, facts: GateFacts): JudgedApproval {
  const given = new Map<string, { readonly record: string; readonly asDeputyOf?: string }>();
  const refused: { record: string; reason: string }[] = [];
  for (const record of recordsOfType(facts.set, 'approval-record')) {
    // Those on other requests are most of them: what they name is compared before they are read.
    if (record.statement.predicate.content.changeRequest !== facts.record.digest) continue;
    const approval = readApproval(record);
    if (approval?.changeRequest !== facts.record.digest || approval.role !== rule.role) continue;
    const outcome = approvalOutcome(facts, { record, approval, rule });
    if ('reason' in outcome) refused.push({ record: record.digest, reason: outcome.reason });
    else given.set(outcome.account, { record: record.digest, ...deputyOf(approval) });
  }
  return {
    role: rule.role,
    gate: rule.gate,
    meaning: rule.meaning,
    needed: rule.count,
    given: [...given].map(([account, one]) => ({ account, ...one })),
    refused,
    conflicts: conflictsOfRole(facts, rule.role),
    ...(rule.committee === undefined ? {} : { committee: rule.committee }),
    ...(rule.signing === undefined ? {} : { signing: rule.signing }),
  };
}

function deputyOf({ asDeputyOf }: Approval): { readonly asDeputyOf?: string } {
  return asDeputyOf === undefined ? {} : { asDeputyOf };
}

function readApproval(record: CountedRecord): Approval | undefined {
  try {
    return readApprovalContent(record.statement.predicate.content);
  } catch {
    // An approval that cannot be read approves nothing; the missing signature is what is reported.
    return undefined;
  }
}

function approvalOutcome(
  facts: GateFacts,
  at: { readonly record: CountedRecord; readonly approval: Approval; readonly rule: ApprovalRule },
): { readonly account: string } | { readonly reason: string } {
  const { record, approval, rule } = at;
  if (approval.gate !== rule.gate) return { reason: `given for ${approval.gate}` };
  if (record.statement.subject[0]?.digest.sha256 !== facts.record.digest) {
    return { reason: 'its subject is another change request' };
  }
  const { actor } = record.statement.predicate;
  const { model } = facts.context;
  const principal = approval.asDeputyOf;
  const key = record.signers.find(
    (one) => accountOf(one) === actor && (principal !== undefined || actsAs(one, rule.role, model)),
  );
  if (key === undefined) return { reason: `\`${actor}\` did not sign it in the role ${rule.role}` };
  const unfit = unfitKey(facts, key, rule);
  if (unfit !== undefined) return { reason: unfit };
  const unsent =
    principal === undefined ? undefined : deputyRefusal(facts, { record, approval, principal });
  if (unsent !== undefined) return { reason: unsent };
  const undecided = committeeRefusal(facts, { record, approval, rule });
  if (undecided !== undefined) return { reason: undecided };
  if (approval.decision === 'reject') return { reason: `\`${actor}\` rejected the request` };
  const conflict = conflictOf(facts.set, facts.duties, { account: actor, role: rule.role });
  if (conflict !== undefined) return { reason: conflict };
  const superseded = supersededDigests(facts.set);
  const changed = approval.evidence.find((digest) => superseded.has(digest));
  if (changed !== undefined) {
    return { reason: `stale: evidence ${changed.slice(0, 12)} was superseded after signing` };
  }
  const unseen = facts.request.evidence.find((digest) => !approval.evidence.includes(digest));
  return unseen === undefined
    ? { account: actor }
    : { reason: `it does not cover evidence ${unseen.slice(0, 12)} of the request` };
}

/** A key under suspicion approves nothing any more; one that a policy does not take approves nothing at all. */
function unfitKey(facts: GateFacts, signed: EnrolledKey, rule: ApprovalRule): string | undefined {
  const key = facts.set.register.get(signed.key.keyid) ?? signed;
  if (keyStanding(key, facts.now) === 'suspended') {
    return `the key ${key.key.keyid.slice(0, 12)} that signed it stands suspended`;
  }
  return rule.signing === 'key' && key.key.webauthn !== undefined
    ? 'policy asks for a signing key here; a passkey does not count: use `countersign approve`'
    : undefined;
}

function conflictsOfRole(facts: GateFacts, role: Role): readonly string[] {
  const { model } = facts.context;
  const accounts = new Set(
    [...facts.set.register.values()].filter((key) => actsAs(key, role, model)).map(accountOf),
  );
  return [...accounts].flatMap(
    (account) => conflictOf(facts.set, facts.duties, { account, role }) ?? [],
  );
}

function missingOfApproval(one: JudgedApproval): readonly string[] {
  const lacking = one.needed - one.given.length;
  const rejected = one.refused.filter(({ reason }) => reason.endsWith('rejected the request'));
  if (rejected.length > 0) return rejected.map(({ reason }) => `${one.gate}: ${reason}`);
  if (lacking <= 0) return [];
  return [
    `${one.gate}: ${lacking} approval${lacking === 1 ? '' : 's'} by ${one.role} missing`,
    ...one.refused.map(
      ({ record, reason }) => `${one.gate}: approval ${record.slice(0, 12)} refused: ${reason}`,
    ),
  ];
}

/** One person's judgement counts once: two roles on one request need two people. */
function doubleDuties(approvals: readonly JudgedApproval[]): readonly string[] {
  const roles = new Map<string, Role[]>();
  for (const { role, given } of approvals) {
    for (const { account } of given) roles.set(account, [...(roles.get(account) ?? []), role]);
  }
  return [...roles]
    .filter(([, held]) => held.length > 1)
    .map(
      ([account, held]) => `separation of duties: \`${account}\` approved as ${held.join(' and ')}`,
    );
}

/** May this account approve in this role? The computed conflict, or undefined. For refusing at the door. */
export function approvalConflict(
  set: RecordSet,
  changeRequest: string,
  who: { readonly account: string; readonly role: Role; readonly now: string },
): string | undefined {
  const read = gateFacts(set, changeRequest, who.now);
  return read.ok ? conflictOf(set, read.facts.duties, who) : read.reason;
}
