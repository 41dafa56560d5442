// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import {
  isTrustRecord,
  type LoggedRecord,
  parseCheckpoint,
  readRecord,
  recordSet,
} from '@countersign/kernel';
import { nodePrimitives } from '@countersign/kernel/node';
import type { LogIdentity } from '@countersign/server';
import { CliError } from '../errors.ts';
import { readKeyFile } from '../profile/signing-key.ts';
import type { DataDirectory } from './open-data-directory.ts';

/**
 * The log of a data directory with every key that it had, from the published records about keys and the digest that is
 * trusted: a key file can be exchanged by whoever holds the directory. A log too damaged to be read is judged by the key
 * file, so that the damage can be named.
 * @throws CliError `record_unverified` when the records name another log than the key file
 */
export async function logIdentityOf(data: DataDirectory, root: string): Promise<LogIdentity> {
  const { signInDomain, logIdentityOf: fromTrust } = await import('@countersign/server');
  const { keyid, algorithm, spki } = await readKeyFile(join(data.dataDir, 'keys', 'log.json'));
  const own = {
    origin: `${signInDomain(data.config.firm)}/log`,
    publicKey: { keyid, algorithm, spki },
  };
  const records = await publishedTrust(data).catch(() => undefined);
  if (records === undefined || records.length === 0) return own;
  const trusted = recordSet(nodePrimitives, root, records);
  if (!trusted.ok) throw unverified(`the published records are of another firm: ${trusted.reason}`);
  const log = fromTrust(trusted.set);
  // Between the record that replaces it and the next start the file still holds the old key.
  const known = [log.publicKey, ...(log.replaced ?? []).map(({ publicKey }) => publicKey)];
  if (log.origin === own.origin && known.some((one) => one.keyid === keyid)) return log;
  throw unverified('keys/log.json is not a log key of the firm’s records');
}

/** Records about keys that are published; those of a log that was never published are none. */
async function publishedTrust({
  published,
  blobs,
}: DataDirectory): Promise<readonly LoggedRecord[]> {
  const { publishedBundles } = await import('@countersign/server');
  const note = await published.get('checkpoint');
  if (note === undefined) return [];
  const { size } = parseCheckpoint(new TextDecoder().decode(note));
  const records: LoggedRecord[] = [];
  for await (const bundle of publishedBundles({ published, blobs }, { from: 0, size })) {
    for (const { envelope, index, leaf } of bundle.records) {
      const record = readRecord(nodePrimitives, envelope);
      if (!isTrustRecord(record.statement.predicate)) continue;
      records.push({ ...record, index, loggedAt: leaf.time });
    }
  }
  return records;
}

function unverified(message: string): CliError {
  return new CliError('record_unverified', message);
}
