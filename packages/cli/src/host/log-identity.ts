// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  fromBase64,
  PAYLOAD_TYPE_STATEMENT,
  readFounding,
  readRecord,
  toBase64,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { LogIdentity } from '@countersign/server';
import { logKeyOf } from '../client/log-trust.ts';
import { CliError } from '../errors.ts';
import { readKeyFile } from '../profile/signing-key.ts';
import type { DataDirectory } from './open-data-directory.ts';

/** The log as its data directory knows it; `refuseOtherLog` holds it against the founding record once that is at hand. */
export async function logIdentityOf({ dataDir, config }: DataDirectory): Promise<LogIdentity> {
  const { signInDomain } = await import('@countersign/server');
  const { keyid, algorithm, spki } = await readKeyFile(join(dataDir, 'keys', 'log.json'));
  return { origin: `${signInDomain(config.firm)}/log`, publicKey: { keyid, algorithm, spki } };
}

/**
 * The founding record in the database, under the digest that is trusted, must name this very log: a key file can be
 * exchanged by whoever holds the directory.
 * @throws CliError `record_unverified`
 */
export async function refuseOtherLog(
  data: DataDirectory,
  root: string,
  log: LogIdentity,
): Promise<void> {
  if (data.database === undefined) return;
  const { rows } = await data.database.pool.query<{ payload: Uint8Array | null }>(
    'SELECT payload FROM record WHERE digest = $1',
    [root],
  );
  const [row] = rows;
  if (row === undefined)
    throw unverified(`the database does not hold the founding record \`${root.slice(0, 12)}\``);
  const payload = toBase64(row.payload ?? (await data.blobs.get(root)));
  const record = readRecord(nodePrimitives, {
    payloadType: PAYLOAD_TYPE_STATEMENT,
    payload,
    signatures: [{ keyid: '', sig: '' }],
  });
  if (record.digest !== root)
    throw unverified('the founding record in the database has other bytes than its digest');
  const founding = readFounding(record.statement.predicate.content);
  const key = logKeyOf(founding);
  const isSame =
    founding.logOrigin === log.origin &&
    toBase64(fromBase64(key.spki)) === toBase64(fromBase64(log.publicKey.spki));
  if (!isSame) throw unverified('keys/log.json is not the log key of the founding record');
}

function unverified(message: string): CliError {
  return new CliError('record_unverified', message);
}
