// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  type EnrolledKey,
  type EnvelopeSignature,
  type KeyEntry,
  keyStanding,
  readEnrolment,
  readRotation,
  type SignedRecord,
  verifySignature,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';

/** A person behind a verified signature. */
export interface IngestSigner {
  readonly account: string;
  readonly key: EnrolledKey;
}

type Checking = Pick<ServerContext, 'records' | 'primitives' | 'now'>;

/**
 * Verifies every signature on a person's record: a signature that counts for nothing is not stored either.
 * The key that an enrolment names is not in the register yet and is left to the enrolment's own rules.
 * @throws ServerError `signature_invalid` naming the key
 */
export function signersOfPersons(context: Checking, record: SignedRecord): readonly IngestSigner[] {
  return record.envelope.signatures.flatMap((signature) => {
    const key = checkSignature(context, record, signature);
    return key === undefined ? [] : [{ account: accountOf(key), key }];
  });
}

/** The enrolled key of a verified signature; undefined for the key that the record itself enrols. */
export function checkSignature(
  context: Checking,
  record: SignedRecord,
  signature: EnvelopeSignature,
): EnrolledKey | undefined {
  const key = context.records.register().get(signature.keyid);
  const verifying = key ?? enrolledHere(record, signature.keyid);
  if (verifying === undefined) throw invalid(record, signature, 'the key is not enrolled');
  if (!verifySignature(context.primitives, record.envelope, signature, verifying.key)) {
    throw invalid(record, signature, 'it does not verify over these bytes');
  }
  if (key === undefined) return undefined;
  if (key.holder.kind === 'service')
    throw invalid(record, signature, 'it is by a service, not by a person');
  const standing = keyStanding(key, context.now());
  if (standing === 'in force') return key;
  throw invalid(
    record,
    signature,
    standing === 'pending'
      ? `the key takes effect at ${key.effectiveFrom}`
      : `the key is ${standing}`,
  );
}

function enrolledHere(record: SignedRecord, keyid: string): KeyEntry | undefined {
  return keysNamedBy(record).find(({ key }) => key.keyid === keyid);
}

/** Keys that a record enrols once it counts. @throws KernelError `record_malformed` */
export function keysNamedBy({ statement: { predicate } }: SignedRecord): readonly KeyEntry[] {
  const { type, kind, content } = predicate;
  if (type === 'key-enrolment') return [readEnrolment(content).entry];
  const isNaming = type === 'founding-rotation' && kind !== 'object';
  return isNaming ? readRotation(content).administrators : [];
}

function invalid(record: SignedRecord, signature: EnvelopeSignature, reason: string): ServerError {
  return new ServerError(
    'signature_invalid',
    `the signature of key ${signature.keyid.slice(0, 12)} on record ${record.digest.slice(0, 12)} does not count: ${reason}`,
    { details: { digest: record.digest, keyid: signature.keyid } },
  );
}
