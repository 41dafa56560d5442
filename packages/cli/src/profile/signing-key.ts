// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Json,
  type KeyAlgorithm,
  parseStrictJson,
  publicKeyOf,
  type Signer,
} from '@countersign/kernel';
import { nodePrimitives, nodeSigner } from '@countersign/kernel/node';
import { CliError } from '../errors.ts';

/**
 * A person's key at rest, in the server's format: PKCS#8 under a passphrase (PBES2), so that whoever copies the file
 * has nothing. An approver's machine needs no other part of the platform.
 */
export interface KeyFile {
  readonly v: 1;
  readonly keyid: string;
  readonly algorithm: KeyAlgorithm;
  readonly spki: string;
  readonly privateKey: string;
}

export const PASSPHRASE_LENGTH_MIN = 12;

/** @throws CliError `key_invalid` */
export function readKeyFile(path: string): KeyFile {
  let json: Json;
  try {
    json = parseStrictJson(readFileSync(path));
  } catch (cause) {
    throw new CliError('key_invalid', `no key file can be read at \`${path}\``, {
      details: {
        next: 'make one with `countersign keys new`, or name the right data directory with `--data`',
      },
      cause,
    });
  }
  if (!isKeyFile(json)) throw new CliError('key_invalid', `\`${path}\` is not a key file`);
  return json;
}

function isKeyFile(json: Json): json is Json & KeyFile {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  const one = json as { readonly [key: string]: Json };
  return (
    one.v === 1 &&
    (one.algorithm === 'ed25519' || one.algorithm === 'ecdsa-p256-sha256') &&
    [one.keyid, one.spki, one.privateKey].every((text) => typeof text === 'string')
  );
}

/** @throws CliError `passphrase_wrong`, `key_invalid` */
export function openKey(file: KeyFile, passphrase: string | undefined): Signer {
  let signer: Signer;
  try {
    signer = nodeSigner(
      createPrivateKey({
        key: file.privateKey,
        format: 'pem',
        ...(passphrase === undefined ? {} : { passphrase }),
      }),
    );
  } catch (cause) {
    throw new CliError(
      'passphrase_wrong',
      `key \`${file.keyid.slice(0, 12)}\` does not open with this passphrase`,
      { details: { next: 'check --passphrase-file or COUNTERSIGN_PASSPHRASE' }, cause },
    );
  }
  if (signer.keyid === file.keyid && signer.algorithm === file.algorithm) return signer;
  throw new CliError(
    'key_invalid',
    `the private key of \`${file.keyid.slice(0, 12)}\` is another key's`,
  );
}

export function createKeyFile(algorithm: KeyAlgorithm, passphrase: string): KeyFile {
  if (passphrase.length < PASSPHRASE_LENGTH_MIN) {
    throw new CliError(
      'key_invalid',
      `a passphrase needs ${PASSPHRASE_LENGTH_MIN} characters or more`,
    );
  }
  const pair =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const der = pair.publicKey.export({ type: 'spki', format: 'der' });
  const { keyid, spki } = publicKeyOf(nodePrimitives, algorithm, der);
  const pem = pair.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase,
  });
  return { v: 1, keyid, algorithm, spki, privateKey: pem.toString() };
}

/** Writes a new key that only its owner may read. @throws CliError `key_invalid` where one exists: keys are not replaced */
export function writeKeyFile(path: string, file: KeyFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`, {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
  } catch (cause) {
    throw new CliError('key_invalid', `\`${path}\` cannot be written or exists already`, {
      details: { next: 'keep the old key; name another file with --out' },
      cause,
    });
  }
}
