// SPDX-License-Identifier: Apache-2.0
import {
  type RecordSet,
  type SignedRecord,
  type VersionContext,
  versionContext,
} from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import type { IngestSigner } from './check-signatures.ts';

/** A person's record on its way in, its signatures verified. */
export interface Arrival {
  readonly record: SignedRecord;
  readonly signers: readonly IngestSigner[];
  readonly sender: { readonly account: string; readonly printedName: string };
  /** What was sent with it: recorded all together or not at all. */
  readonly together?: readonly SignedRecord[];
}

export function versionOf(set: RecordSet, record: SignedRecord): VersionContext {
  const { workspace, model, use, version } = record.statement.predicate.subjectRef;
  if (model === undefined || use === undefined || version === undefined) {
    throw refused(record, 'it names no model, use and version', 'subjectRef');
  }
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) throw refused(record, found.reason, 'subjectRef.version');
  return found.context;
}

export async function including(
  context: ServerContext,
  record: SignedRecord,
  digests: readonly string[],
): Promise<RecordSet> {
  try {
    return await context.records.including(digests);
  } catch (cause) {
    if (cause instanceof ServerError && cause.code === 'record_unknown') {
      throw refused(record, cause.message, 'content');
    }
    throw cause;
  }
}

export function refused(record: SignedRecord, reason: string, field: string): ServerError {
  return new ServerError(
    'record_refused',
    `${record.statement.predicate.type} refused: ${reason}`,
    {
      details: { digest: record.digest, field },
    },
  );
}

export function conflicted(record: SignedRecord, reason: string): ServerError {
  return new ServerError('conflict_of_duties', reason, {
    details: { digest: record.digest, missing: [reason] },
  });
}
