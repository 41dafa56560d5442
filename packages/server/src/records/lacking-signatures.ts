// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  changeKey,
  ENVELOPE_KIND,
  enrolKey,
  holdsRole,
  legacyRuleOf,
  newestPolicyDocument,
  type RecordType,
  type Role,
  rotateFounding,
  type SignedRecord,
  signerRefusal,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { lackingForAttribution } from './attribution-rules.ts';
import { exceptionRule } from './change-rules.ts';
import type { IngestSigner } from './check-signatures.ts';
import { lackingForEnvelope } from './envelope-rules.ts';
import { isRelief, reliefRule } from './relief-rules.ts';
import { mayBeginResume } from './resume-rules.ts';
import { mayBeginRetention } from './retention-rules.ts';

/**
 * Which signatures a record lacks to count, or undefined when it lacks none. Records that take two persons wait for
 * them; any other that lacks a signature is refused.
 * @throws ServerError `record_refused`
 */
export async function lackingSignatures(
  context: ServerContext,
  record: SignedRecord,
  signers: readonly IngestSigner[],
): Promise<string | undefined> {
  const { predicate } = record.statement;
  const change = TRUST_CHANGES.get(predicate.type);
  if (change !== undefined) return lackingForTrust(context, record, { change, signers });
  if (predicate.type === 'author-attribution') return lackingForAttribution(record, signers);
  if (predicate.type === 'exception-record') {
    const lacking = await lackingForException(context, record, signers);
    if (lacking !== undefined) return lacking;
  }
  if (predicate.type === 'change-plan' && predicate.kind === ENVELOPE_KIND) {
    const lacking = lackingForEnvelope(await context.records.current(), record, signers);
    if (lacking !== undefined) return lacking;
  }
  if (predicate.type === 'run-request' && predicate.content.job === 'onboard') {
    const lacking = await lackingForOnboarding(context, record, signers);
    if (lacking !== undefined) return lacking;
  }
  const refusal = signerRefusal(
    predicate,
    signers.map(({ key }) => key),
  );
  if (refusal === undefined) return undefined;
  if (predicate.type === 'policy-document' && mayBegin(record, signers)) return refusal;
  if (predicate.type === 'deployment-record' && predicate.kind === 'resume') {
    const { actor, subjectRef } = predicate;
    if (mayBeginResume(subjectRef.model, actor, signers)) return refusal;
  }
  if (mayBeginRetention(record, signers)) return refusal;
  if (isHighAcceptance(record) && mayBeginAcceptance(record, signers)) return refusal;
  throw refused(record, refusal);
}

/** A high risk is accepted by an executive and model risk; either signs first. */
function isHighAcceptance({ statement: { predicate } }: SignedRecord): boolean {
  const { status, severity } = predicate.content;
  return predicate.type === 'finding' && status === 'accepted' && severity === 'high';
}

function mayBeginAcceptance(record: SignedRecord, signers: readonly IngestSigner[]): boolean {
  const { actor, content } = record.statement.predicate;
  const fits = signers.some(
    ({ key }) => holdsRole(key, 'executive') || holdsRole(key, 'model-risk'),
  );
  const accounts = signers.map(({ account }) => account);
  return fits && accounts.includes(actor) && !accounts.some((one) => one === content.owner);
}

/** The first signature of a policy is by somebody whose signature counts for one. */
function mayBegin(record: SignedRecord, signers: readonly IngestSigner[]): boolean {
  const fits = signers.some(
    ({ key }) => holdsRole(key, 'administrator') || holdsRole(key, 'model-risk'),
  );
  return fits && signers.some(({ account }) => account === record.statement.predicate.actor);
}

async function lackingForException(
  context: ServerContext,
  record: SignedRecord,
  signers: readonly IngestSigner[],
): Promise<string | undefined> {
  const set = await context.records.current();
  const { predicate } = record.statement;
  const roles = isRelief(predicate)
    ? (reliefRule(set, predicate)?.roles ?? [])
    : (exceptionRule(set, String(predicate.content.condition))?.signers ?? []);
  return lackingRoles(record, signers, roles);
}

/** What was in use before is taken on by the persons whom the policy names. */
async function lackingForOnboarding(
  context: ServerContext,
  record: SignedRecord,
  signers: readonly IngestSigner[],
): Promise<string | undefined> {
  const set = await context.records.current();
  const rule = legacyRuleOf(newestPolicyDocument(set, 'promotion-policy'));
  if (rule === undefined)
    throw refused(
      record,
      'the policy in force has no rule `legacy`: nothing is onboarded under it',
    );
  return lackingRoles(record, signers, rule.signers);
}

function lackingRoles(
  record: SignedRecord,
  signers: readonly IngestSigner[],
  roles: readonly Role[],
): string | undefined {
  const lacking = roles.filter((role) => !signers.some(({ key }) => holdsRole(key, role)));
  if (lacking.length === 0) {
    // The kernel counts accounts: one person who holds two roles signs for one of them.
    const accounts = new Set(signers.map(({ account }) => account));
    return accounts.size < roles.length
      ? `a second person's signature for ${roles.join(' and ')}`
      : undefined;
  }
  if (lacking.length === roles.length) {
    throw refused(
      record,
      `it is signed by ${roles.join(' and ')}, not by ${signers.map(({ account }) => `\`${account}\``).join(', ')}`,
    );
  }
  return `a signature by ${lacking.join(' and by ')}`;
}

type TrustChange = typeof enrolKey;

/** Records that change whom the firm trusts, by the kernel's own rules. */
const TRUST_CHANGES: ReadonlyMap<RecordType, TrustChange> = new Map<RecordType, TrustChange>([
  ['key-enrolment', enrolKey],
  ['key-change', changeKey],
  ['founding-rotation', rotateFounding],
]);

async function lackingForTrust(
  context: ServerContext,
  record: SignedRecord,
  at: { readonly change: TrustChange; readonly signers: readonly IngestSigner[] },
): Promise<string | undefined> {
  const set = await context.records.current();
  if (!isSignedByStaff(record, at.signers)) {
    throw refused(record, `\`${record.statement.predicate.actor}\` acted but did not sign`);
  }
  const placed = { ...record, loggedAt: context.now(), index: Number.MAX_SAFE_INTEGER };
  const outcome = at.change(context.primitives, placed, set);
  if ('state' in outcome) return undefined;
  if (!outcome.isOpen) throw refused(record, outcome.refused);
  return outcome.refused;
}

function isSignedByStaff(record: SignedRecord, signers: readonly IngestSigner[]): boolean {
  return signers.some(({ key }) => accountOf(key) === record.statement.predicate.actor);
}

function refused(record: SignedRecord, reason: string): ServerError {
  return new ServerError(
    'record_refused',
    `${record.statement.predicate.type} refused: ${reason}`,
    {
      details: { digest: record.digest, field: 'signatures' },
    },
  );
}
