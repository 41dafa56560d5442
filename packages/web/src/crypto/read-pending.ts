// SPDX-License-Identifier: Apache-2.0
import type { PendingReply } from '@countersign/contract';
import {
  type Enrolment,
  envelopePayload,
  type Json,
  parseEnvelope,
  readEnrolment,
  readRecord,
  type SignedRecord,
} from '@countersign/kernel';
import { noblePrimitives } from '@countersign/kernel/noble';

export type Pending = PendingReply['records'][number];

/** A record that awaits signatures, as read from the bytes that a signature would cover. */
export interface PendingRecord {
  readonly digest: string;
  readonly record: SignedRecord;
  readonly payload: Uint8Array;
  readonly needs: string;
  readonly since: string;
  readonly signers: Pending['signers'];
  readonly enrolment: Enrolment | undefined;
}

/**
 * Reads it from the signed bytes, not from the server's rendering of them.
 * @throws Error when the bytes are another record, or of another firm
 */
export function readPending(pending: Pending, root: string): PendingRecord {
  // The schema has checked members and types; the kernel reads strictly.
  const envelope = parseEnvelope(pending.envelope as unknown as Json);
  const record = readRecord(noblePrimitives, envelope);
  if (record.digest !== pending.digest)
    throw new Error('the server names other bytes than it sent');
  const { type, founding, content } = record.statement.predicate;
  if (founding !== root) throw new Error('the record belongs to another founding record');
  return {
    digest: record.digest,
    record,
    payload: envelopePayload(envelope),
    needs: pending.needs,
    since: pending.since,
    signers: pending.signers,
    enrolment: type === 'key-enrolment' ? readEnrolment(content) : undefined,
  };
}
