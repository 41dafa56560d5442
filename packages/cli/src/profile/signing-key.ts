// SPDX-License-Identifier: Apache-2.0
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import type { KeyAlgorithm, Signer } from '@countersign/kernel';
import * as keyFile from '@countersign/server/key-file';
import { CliError } from '../errors.ts';

export type KeyFile = keyFile.KeyFile;

/** @throws CliError `key_invalid` */
export async function readKeyFile(path: string): Promise<KeyFile> {
  return keyFile.readKeyFile(path).catch((cause: unknown) => {
    throw keyError(
      cause,
      'make one with `countersign keys new`, or name the right data directory with `--data`',
    );
  });
}

/** Whether the group or everybody may read it: the passphrase is then all that guards the key. */
export async function isReadByOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  return process.platform !== 'win32' && (mode & 0o077) !== 0;
}

/** @throws CliError `passphrase_wrong`, `key_invalid` */
export function openKey(file: KeyFile, passphrase: string | undefined): Signer {
  try {
    return keyFile.openSigner(file, passphrase);
  } catch (cause) {
    throw keyError(cause);
  }
}

/** A person's key, under a passphrase. @throws CliError `key_invalid` when the passphrase is too short */
export function createKeyFile(algorithm: KeyAlgorithm, passphrase: string): KeyFile {
  try {
    return keyFile.createKeyFile({ algorithm, passphrase });
  } catch (cause) {
    throw keyError(cause);
  }
}

/** The same key in the same file, under another passphrase. @throws CliError `passphrase_wrong`, `key_invalid` */
export async function changePassphrase(path: string, old: string, next: string): Promise<KeyFile> {
  try {
    const file = keyFile.changePassphrase(await keyFile.readKeyFile(path), old, next);
    await keyFile.rewriteKeyFile(path, file);
    return file;
  } catch (cause) {
    throw keyError(cause);
  }
}

/** Writes a new key that only its owner may read. @throws CliError `key_invalid` where one exists: keys are not replaced */
export async function writeKeyFile(path: string, file: KeyFile): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await keyFile.writeKeyFile(path, file);
  } catch (cause) {
    throw new CliError('key_invalid', `\`${path}\` cannot be written or exists already`, {
      details: { next: 'keep the old key; name another file with --out' },
      cause,
    });
  }
}

/** An error of the server's key files as this command's own; any other is passed on. */
function keyError(cause: unknown, next?: string): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause;
  if (cause.code === 'passphrase_wrong') {
    const details = { next: 'check --passphrase-file or COUNTERSIGN_PASSPHRASE' };
    return new CliError('passphrase_wrong', cause.message, { details, cause });
  }
  if (cause.code !== 'key_file_invalid') return cause;
  const details = next === undefined ? {} : { next };
  return new CliError('key_invalid', cause.message, { details, cause });
}
