// SPDX-License-Identifier: Apache-2.0
import { logRoutes, recordRoutes } from '@countersign/contract';
import {
  type Checkpoint,
  checkpointOf,
  type Founding,
  foundRegister,
  type Json,
  openStatus,
  type PublicKey,
  parseEnvelope,
  readRecord,
  type Status,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import { CliError } from '../errors.ts';
import type { Session } from '../session.ts';
import { strictJson } from './api-client.ts';

/** The founding record as the server sends it, accepted only under the digest that is trusted. */
export async function verifiedFounding(session: Session, root: string): Promise<Founding> {
  const { envelope } = await session.client().call(recordRoutes.get, { params: { digest: root } });
  // The schema has checked members and types; the kernel reads strictly.
  const record = readRecord(nodePrimitives, parseEnvelope(envelope as unknown as Json));
  if (record.digest !== root)
    throw unverified(`the server sent another founding record than \`${root}\``);
  const founded = foundRegister(nodePrimitives, record);
  if ('refused' in founded)
    throw unverified(`the founding record founds nothing: ${founded.refused}`);
  return founded.founding;
}

export function logKeyOf(founding: Founding): PublicKey {
  const entry = founding.keys.find(
    ({ holder }) => holder.kind === 'service' && holder.service === 'log',
  );
  if (entry === undefined) throw unverified('the founding record names no log key');
  return entry.key;
}

/** The newest published checkpoint, if the log key of the founding record signed it. */
export async function verifiedCheckpoint(
  session: Session,
  founding: Founding,
): Promise<{ readonly text: string; readonly checkpoint: Checkpoint }> {
  const { bytes } = await session.publicClient().callRaw(logRoutes.checkpoint);
  const text = new TextDecoder().decode(bytes);
  const checkpoint = checkpointOf(nodePrimitives, text, founding);
  if (checkpoint === undefined)
    throw unverified('the checkpoint is not signed by the log key of the founding record');
  return { text, checkpoint };
}

const STATUS_AGE_MAX_MS = 60_000;

/** The signed status, if it is of this firm and no older than a gateway would accept. */
export async function verifiedStatus(
  session: Session,
  founding: Founding,
  root: string,
): Promise<Status> {
  const { bytes } = await session.publicClient().callRaw(logRoutes.status);
  const status = openStatus(nodePrimitives, parseEnvelope(strictJson(bytes)), logKeyOf(founding));
  if (status === undefined || status.founding !== root)
    throw unverified('the status is not signed by the log key');
  const age = session.io.now().getTime() - Date.parse(status.time);
  if (age > STATUS_AGE_MAX_MS)
    throw unverified(`the status is ${Math.round(age / 1000)} s old: it may hide a revocation`);
  return status;
}

function unverified(message: string): CliError {
  return new CliError('record_unverified', message);
}
