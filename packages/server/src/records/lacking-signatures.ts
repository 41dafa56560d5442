// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  enrolKey,
  fromBase64,
  holdsRole,
  keyIdOf,
  readKeyEntry,
  type SignedRecord,
  signerRefusal,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { exceptionRule } from './change-rules.ts';
import type { IngestSigner } from './check-signatures.ts';

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
  if (predicate.type === 'key-enrolment') return lackingForEnrolment(context, record, signers);
  if (predicate.type === 'exception-record') {
    const lacking = await lackingForException(context, record, signers);
    if (lacking !== undefined) return lacking;
  }
  const refusal = signerRefusal(
    predicate,
    signers.map(({ key }) => key),
  );
  if (refusal === undefined) return undefined;
  if (predicate.type === 'policy-document' && mayBegin(record, signers)) return refusal;
  throw refused(record, refusal);
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
  const rule = exceptionRule(
    await context.records.current(),
    String(record.statement.predicate.content.condition),
  );
  const roles = rule?.signers ?? [];
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

async function lackingForEnrolment(
  context: ServerContext,
  record: SignedRecord,
  signers: readonly IngestSigner[],
): Promise<string | undefined> {
  const { founding } = context;
  const register = (await context.records.current()).register;
  const entry = readKeyEntry(record.statement.predicate.content.key ?? null, 'content.key');
  const administrators = signers.filter(({ key }) => holdsRole(key, 'administrator'));
  // What no further signature can mend is refused at once.
  if (keyIdOf(context.primitives, fromBase64(entry.key.spki)) !== entry.key.keyid) {
    throw refused(record, 'the key id is not the digest of the key');
  }
  if (register.has(entry.key.keyid)) throw refused(record, 'the key is enrolled already');
  if (entry.holder.kind === 'person') {
    const { account } = entry.holder;
    if (administrators.some((one) => one.account === account)) {
      throw refused(record, 'nobody enrols a key for themselves');
    }
  }
  if (!isSignedByStaff(record, signers)) {
    throw refused(record, `\`${record.statement.predicate.actor}\` acted but did not sign`);
  }
  const outcome = enrolKey(
    context.primitives,
    { ...record, loggedAt: context.now() },
    { founding, register },
  );
  return 'refused' in outcome ? outcome.refused : undefined;
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
