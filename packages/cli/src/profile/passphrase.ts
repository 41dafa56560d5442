// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';

/**
 * The passphrase of a signing key: from `--passphrase-file`, COUNTERSIGN_PASSPHRASE, or asked for without echo. It is
 * never an option, since options show in process lists.
 */
export async function passphraseFor(io: Io, what: string, file?: string): Promise<string> {
  if (file !== undefined) return readPassphrase(resolve(io.cwd ?? process.cwd(), file));
  const given = io.env.COUNTERSIGN_PASSPHRASE;
  if (given !== undefined && given !== '') return given;
  if (io.isTerminal && io.askHidden !== undefined) return io.askHidden(`passphrase of ${what}: `);
  throw new CliError('passphrase_missing', `the passphrase of ${what} is needed to sign`, {
    details: {
      next: 'give --passphrase-file FILE or COUNTERSIGN_PASSPHRASE, or run it in a terminal',
    },
  });
}

/** The one that takes its place: from a file, COUNTERSIGN_NEW_PASSPHRASE, or asked for twice. @throws CliError `passphrase_missing` */
export async function newPassphraseFor(io: Io, what: string, file?: string): Promise<string> {
  if (file !== undefined) return readPassphrase(resolve(io.cwd ?? process.cwd(), file));
  const given = io.env.COUNTERSIGN_NEW_PASSPHRASE;
  if (given !== undefined && given !== '') return given;
  if (io.isTerminal && io.askHidden !== undefined) {
    const first = await io.askHidden(`new passphrase of ${what}: `);
    if (first === (await io.askHidden('again: '))) return first;
    throw new CliError('passphrase_missing', 'the two are not the same; nothing was changed');
  }
  throw new CliError('passphrase_missing', `the new passphrase of ${what} is needed`, {
    details: {
      next: 'give --new-passphrase-file FILE or COUNTERSIGN_NEW_PASSPHRASE, or run it in a terminal',
    },
  });
}

function readPassphrase(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError('file_missing', `the secret in \`${path}\` cannot be read`, {
      details: { next: 'check the path, and that you may read the file' },
      cause,
    });
  }
}
