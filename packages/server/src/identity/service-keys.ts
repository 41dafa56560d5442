// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { access, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SERVICES, type Service } from '@countersign/kernel';
import { createKeyFile, type KeyFile, readKeyFile, writeKeyFile } from './key-file.ts';

/** Ed25519, since checkpoints are signed notes, which know no other algorithm of ours. */
export async function createServiceKeys(
  dataDir: string,
): Promise<{ readonly [service in Service]: KeyFile }> {
  await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
  const files = {
    log: createKeyFile({ algorithm: 'ed25519' }),
    platform: createKeyFile({ algorithm: 'ed25519' }),
    gateway: createKeyFile({ algorithm: 'ed25519' }),
  };
  for (const service of SERVICES)
    await writeKeyFile(serviceKeyPath(dataDir, service), files[service]);
  return files;
}

/** @throws ServerError `key_file_invalid` */
export function readServiceKey(dataDir: string, service: Service): Promise<KeyFile> {
  return readKeyFile(serviceKeyPath(dataDir, service));
}

export function serviceKeyPath(dataDir: string, service: Service): string {
  return join(dataDir, 'keys', `${service}.json`);
}

/**
 * The key that is to take the place of a service's key, from the moment it is made until it has done so.
 * @throws ServerError `key_file_invalid`
 */
export async function readNextServiceKey(
  dataDir: string,
  service: Service,
): Promise<KeyFile | undefined> {
  const path = nextServiceKeyPath(dataDir, service);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  return exists ? readKeyFile(path) : undefined;
}

/** Makes the next key of a service beside the one in use. Refuses to make a second one. */
export async function createNextServiceKey(dataDir: string, service: Service): Promise<KeyFile> {
  const file = createKeyFile({ algorithm: 'ed25519' });
  await writeKeyFile(nextServiceKeyPath(dataDir, service), file);
  return file;
}

/**
 * The next key becomes the only one: one rename, so that a crash leaves either. The old private key is gone with it,
 * since whoever finds it could still deceive a reader who has not heard of the change.
 */
export async function adoptNextServiceKey(dataDir: string, service: Service): Promise<void> {
  await rename(nextServiceKeyPath(dataDir, service), serviceKeyPath(dataDir, service));
}

export function nextServiceKeyPath(dataDir: string, service: Service): string {
  return join(dataDir, 'keys', `${service}.next.json`);
}

/** A secret of this installation, made on first use; only its own user may read it. */
export async function installationSecret(dataDir: string, name: string): Promise<string> {
  const path = join(dataDir, 'keys', name);
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  if (existing !== undefined && existing.trim() !== '') return existing.trim();
  await mkdir(join(dataDir, 'keys'), { recursive: true, mode: 0o700 });
  const secret = randomBytes(32).toString('base64url');
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(`${secret}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return secret;
}
