// SPDX-License-Identifier: Apache-2.0
import { logRoutes } from '@countersign/contract';
import {
  type Checkpoint,
  checkpointOf,
  logKeysOf,
  openStatus,
  parseEnvelope,
  type RecordSet,
  readProofBundle,
  type Status,
  verifyBundle,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { strictJson } from './api-client.ts';

/**
 * Whom the firm trusts now: every record that enrols, suspends, replaces or rotates keys, as the server sends them with
 * proofs, verified against the founding record's digest. A server can hold a record back, which nobody else can see;
 * `ledger verify` and a second reader's checkpoint show it.
 */
export async function verifiedTrust(session: Session, root: string): Promise<RecordSet> {
  const { bytes } = await session.client().callRaw(logRoutes.trust);
  const verified = verifyBundle(nodePrimitives, readProofBundle(strictJson(bytes)), root);
  if (!verified.ok)
    throw unverified(`the server's records about keys do not verify: ${verified.reason}`);
  return verified.set;
}

/** The newest published checkpoint, if a log key of the firm signed it. */
export async function verifiedCheckpoint(
  session: Session,
  trust: RecordSet,
): Promise<{ readonly text: string; readonly checkpoint: Checkpoint }> {
  const { bytes } = await session.publicClient().callRaw(logRoutes.checkpoint);
  const text = new TextDecoder().decode(bytes);
  const checkpoint = checkpointOf(nodePrimitives, text, trust);
  if (checkpoint === undefined)
    throw unverified('the checkpoint is not signed by a log key of this firm');
  return { text, checkpoint };
}

const STATUS_AGE_MAX_MS = 60_000;

/** The signed status, if it is of this firm and no older than a gateway would accept. */
export async function verifiedStatus(session: Session, trust: RecordSet): Promise<Status> {
  const { bytes } = await session.publicClient().callRaw(logRoutes.status);
  const envelope = parseEnvelope(strictJson(bytes));
  const status = openStatus(nodePrimitives, envelope, logKeysOf(trust));
  if (status === undefined || status.founding !== trust.root)
    throw unverified('the status is not signed by the log key');
  const age = session.io.now().getTime() - Date.parse(status.time);
  if (age > STATUS_AGE_MAX_MS)
    throw unverified(`the status is ${Math.round(age / 1000)} s old: it may hide a revocation`);
  return status;
}

function unverified(message: string): CliError {
  return new CliError('record_unverified', message);
}
