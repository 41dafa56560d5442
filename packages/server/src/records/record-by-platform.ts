// SPDX-License-Identifier: Apache-2.0
import {
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  type ResourceDescriptor,
  readRecord,
  type SignedRecord,
  signEnvelope,
  signerRefusal,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import type { ServerContext, ServerTransaction } from '../context.ts';
import { ServerError } from '../errors.ts';
import { appendRecord } from '../ledger/index.ts';

/** A record of the platform before it is dated, bound to the firm and signed. */
export interface PlatformDraft
  extends Omit<Predicate, 'subjectRef' | 'actor' | 'claimedAt' | 'founding' | 'content'> {
  /** `workspace` is the server's unless given. */
  readonly subjectRef: Omit<Predicate['subjectRef'], 'workspace'> & { readonly workspace?: string };
  /** `service:platform`, or the account that asked for it. */
  readonly actor?: string;
  /** Now, unless given. */
  readonly claimedAt?: string;
  /** One of the content shapes of the kernel; decimals are text. */
  readonly content: object;
  /** Derived from `subjectRef` unless given. */
  readonly subject?: readonly ResourceDescriptor[];
}

/**
 * Builds a record, signs it with the platform's key and appends it in the caller's transaction, so that a change of
 * state and its record are committed together. The record counts once it is sequenced: see `CurrentRecords.including`.
 * @throws KernelError `record_malformed` for content that is no record JSON; ServerError `record_uncounted` when the
 * platform's signature would not make it count
 */
export async function recordByPlatform(
  context: Pick<
    ServerContext,
    'workspace' | 'root' | 'platform' | 'primitives' | 'now' | 'blobs' | 'records'
  >,
  tx: ServerTransaction,
  draft: PlatformDraft,
): Promise<SignedRecord> {
  const { subject, subjectRef, actor, claimedAt, content, ...rest } = draft;
  const ref = { workspace: context.workspace, ...subjectRef };
  const predicate: Predicate = {
    ...rest,
    subjectRef: ref,
    actor: actor ?? 'service:platform',
    claimedAt: claimedAt ?? context.now(),
    founding: context.root,
    content: content as unknown as Predicate['content'], // `statementBytes` asserts that it is JSON
  };
  refuseUncounted(context.records, predicate, context.platform.keyid);
  const payload = statementBytes({
    subject: subject ?? [subjectOf(context.primitives, ref)],
    predicate,
  });
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [context.platform]);
  const record = readRecord(context.primitives, envelope);
  await appendRecord(tx, envelope, {
    blobs: context.blobs,
    recordedAt: new Date(context.now()),
  });
  return record;
}

function refuseUncounted(
  records: ServerContext['records'],
  predicate: Predicate,
  keyid: string,
): void {
  const key = records.register().get(keyid);
  const refusal =
    key === undefined
      ? 'the platform key is not enrolled by the founding record'
      : signerRefusal(predicate, [key]);
  if (refusal !== undefined) {
    throw new ServerError('record_uncounted', `the platform cannot record it: ${refusal}`, {
      details: { type: predicate.type },
    });
  }
}
