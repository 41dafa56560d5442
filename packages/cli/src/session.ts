// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { Signer } from '@countersign/kernel';
import { ApiClient } from './client/api-client.ts';
import type { Input } from './command/input.ts';
import { CliError } from './errors.ts';
import type { Io } from './io.ts';
import { type Paint, paintFor } from './output/paint.ts';
import { passphraseFor } from './profile/passphrase.ts';
import { type Profile, resolveProfile } from './profile/profile.ts';
import { isReadByOthers, openKey, readKeyFile } from './profile/signing-key.ts';

/** One run of a command: who acts, the server's client, the person's key; each is opened when first asked for. */
export interface Session {
  readonly io: Io;
  readonly paint: Paint;
  readonly cwd: string;
  /** Now, UTC with milliseconds. */
  now(): string;
  profile(): Profile;
  /** @throws CliError `no_account` */
  account(): string;
  /** The founding record's digest that everything fetched is verified against. @throws CliError `no_root` */
  root(): string;
  client(): ApiClient;
  /** Client without a token, for what is published to everybody. */
  publicClient(): ApiClient;
  /** Opens the person's key, or the one in a file. @throws CliError `passphrase_missing`, `passphrase_wrong`, `key_invalid` */
  signer(keyFile?: string): Promise<Signer>;
  /** Says what is being done, on stderr. */
  progress(text: string): void;
  close(): void;
}

export function createSession(
  io: Io,
  input: Input,
  dataDirOption: 'data' | 'data-dir' = 'data',
): Session {
  const cwd = io.cwd ?? process.cwd();
  const isQuiet = input.flag('json') && !io.isTerminal;
  let profile: Profile | undefined;
  let isStatusShown = false;
  const resolved = () =>
    (profile ??= resolveProfile({
      env: io.env,
      cwd,
      as: input.optionalText('as'),
      data: input.optionalText(dataDirOption),
      server: input.optionalText('server'),
    }));
  const client = (token: string | undefined) =>
    new ApiClient({
      url: resolved().serverUrl,
      ...(token === undefined ? {} : { token }),
      ...signalOf(io),
    });
  return {
    io,
    paint: paintFor(io),
    cwd,
    now: () => io.now().toISOString(),
    profile: resolved,
    account: () => accountOf(resolved()),
    root: () => rootOf(resolved()),
    client: () => client(tokenOf(resolved())),
    publicClient: () => client(resolved().token),
    async signer(keyFile) {
      const account = accountOf(resolved());
      const path = keyFile === undefined ? (resolved().keyFile ?? '') : resolve(cwd, keyFile);
      const file = await readKeyFile(path);
      if (await isReadByOthers(path))
        io.err(`warning: others of this machine may read \`${path}\`; next: chmod 600 ${path}`);
      return openKey(file, await passphraseFor(io, account, input.optionalText('passphrase-file')));
    },
    progress(text) {
      if (isQuiet) return;
      if (io.status === undefined) io.err(text);
      else {
        io.status(text);
        isStatusShown = true;
      }
    },
    close() {
      if (isStatusShown) io.status?.('');
    },
  };
}

function signalOf(io: Io): { readonly signal?: AbortSignal } {
  return io.signal === undefined ? {} : { signal: io.signal };
}

function accountOf({ account, dataDir }: Profile): string {
  if (account !== undefined) return account;
  throw new CliError('no_account', `nobody is signed in for \`${dataDir}\``, {
    details: {
      next: 'name the account with --as or COUNTERSIGN_AS, or run `countersign login ACCOUNT`',
    },
  });
}

function tokenOf(profile: Profile): string {
  if (profile.token !== undefined) return profile.token;
  const account = accountOf(profile);
  throw new CliError('no_token', `\`${account}\` has no token in \`${profile.dataDir}\``, {
    details: { next: `sign in with \`countersign login ${account}\`, or set COUNTERSIGN_TOKEN` },
  });
}

function rootOf({ root, dataDir }: Profile): string {
  if (root !== undefined) return root;
  throw new CliError('no_root', `no founding record is configured in \`${dataDir}\``, {
    details: {
      next: 'set COUNTERSIGN_ROOT to the digest that the firm gave you, or name the data directory with --data',
    },
  });
}
