// SPDX-License-Identifier: Apache-2.0
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import {
  type KeyAlgorithm,
  type PublicKey,
  parseStrictJson,
  publicKeyOf,
  type Signer,
} from '@countersign/kernel';
import { nodePrimitives, nodeSigner } from '@countersign/kernel/node';
import { z } from 'zod';
import { ServerError } from '../errors.ts';

/**
 * A signing key at rest. A person's key is PKCS#8 under a passphrase (PBES2: PBKDF2 and AES-256-CBC, as OpenSSL writes
 * it); a service's key is in clear, in a file only its own user may read.
 */
export interface KeyFile {
  readonly v: 1;
  readonly keyid: string;
  readonly algorithm: KeyAlgorithm;
  /** Base64 of the DER SubjectPublicKeyInfo. */
  readonly spki: string;
  /** PEM. */
  readonly privateKey: string;
}

const KeyFileSchema = z.strictObject({
  v: z.literal(1),
  keyid: z.string().regex(/^[0-9a-f]{64}$/),
  algorithm: z.enum(['ed25519', 'ecdsa-p256-sha256']),
  spki: z.string().min(1),
  privateKey: z.string().startsWith('-----BEGIN '),
});

export const PASSPHRASE_LENGTH_MIN = 12;

/** Makes a key pair; without a passphrase the private key is in clear: for services only. */
export function createKeyFile(options: {
  readonly algorithm: KeyAlgorithm;
  readonly passphrase?: string;
}): KeyFile {
  const { algorithm, passphrase } = options;
  const pair =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' });
  const { keyid, spki: text } = publicKeyOf(nodePrimitives, algorithm, spki);
  return { v: 1, keyid, algorithm, spki: text, privateKey: pemOf(pair.privateKey, passphrase) };
}

/**
 * The same key under another passphrase.
 * @throws ServerError `passphrase_wrong`, `key_file_invalid`
 */
export function changePassphrase(file: KeyFile, old: string, passphrase: string): KeyFile {
  openSigner(file, old);
  return { ...file, privateKey: pemOf(decrypt(file, old), passphrase) };
}

function pemOf(key: KeyObject, passphrase: string | undefined): string {
  if (passphrase !== undefined && passphrase.length < PASSPHRASE_LENGTH_MIN) {
    throw new ServerError(
      'key_file_invalid',
      `a passphrase needs ${PASSPHRASE_LENGTH_MIN} characters or more`,
    );
  }
  const cipher = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return key.export({ type: 'pkcs8', format: 'pem', ...cipher }).toString();
}

/**
 * Opens a key for signing.
 * @throws ServerError `passphrase_wrong`; `key_file_invalid` when the private key is not of the public one
 */
export function openSigner(file: KeyFile, passphrase?: string): Signer {
  const signer = nodeSigner(decrypt(file, passphrase));
  if (signer.keyid !== file.keyid || signer.algorithm !== file.algorithm) {
    throw new ServerError(
      'key_file_invalid',
      `the private key of \`${file.keyid}\` is another key's`,
      {
        details: { keyid: file.keyid },
      },
    );
  }
  return signer;
}

function decrypt(file: KeyFile, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({
      key: file.privateKey,
      format: 'pem',
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch (cause) {
    throw new ServerError(
      'passphrase_wrong',
      `key \`${file.keyid.slice(0, 12)}\` does not open with this passphrase; try it again`,
      { details: { keyid: file.keyid }, cause },
    );
  }
}

export function publicKeyOfFile({ keyid, algorithm, spki }: KeyFile): PublicKey {
  return { keyid, algorithm, spki };
}

/** @throws ServerError `key_file_invalid` naming the file */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const bytes = await readFile(path).catch((cause) => {
    throw new ServerError('key_file_invalid', `no key file can be read at \`${path}\``, {
      details: { path },
      cause,
    });
  });
  try {
    const file = KeyFileSchema.parse(parseStrictJson(bytes));
    const spki = createPublicKey({
      key: Buffer.from(file.spki, 'base64'),
      format: 'der',
      type: 'spki',
    });
    const own = publicKeyOf(
      nodePrimitives,
      file.algorithm,
      spki.export({ type: 'spki', format: 'der' }),
    );
    if (own.keyid !== file.keyid) throw new Error('its key id is not the digest of its key');
    return file;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unreadable';
    throw new ServerError('key_file_invalid', `\`${path}\` is not a key file: ${reason}`, {
      details: { path },
      cause,
    });
  }
}

/** Puts the same key in the place of its file, whole or not at all. @throws ServerError `key_file_invalid` for another key */
export async function rewriteKeyFile(path: string, file: KeyFile): Promise<void> {
  const { keyid } = await readKeyFile(path);
  if (keyid !== file.keyid) {
    throw new ServerError('key_file_invalid', `\`${path}\` holds another key, \`${keyid}\``, {
      details: { path },
    });
  }
  const beside = `${path}.${randomUUID()}`;
  try {
    await writeKeyFile(beside, file);
    await rename(beside, path);
  } finally {
    await rm(beside, { force: true });
  }
}

/** Writes a new file that only its owner may read; refuses to replace a key. */
export async function writeKeyFile(path: string, file: KeyFile): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(file, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
