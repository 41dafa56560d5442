// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identityRoutes, tokenRoutes } from '@countersign/contract';
import { ApiClient } from '../client/api-client.ts';
import { PASSWORD_OPTIONS, withPasswordSession } from '../client/password-session.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { fields } from '../output/table.ts';
import { type Profile, resolveProfile } from '../profile/profile.ts';
import type { Session } from '../session.ts';

export const login: Command = {
  name: 'login',
  summary: 'sign in as an account and act as it from now on',
  description:
    'With a token in the data directory it only checks and chooses the account. Otherwise it signs in by password (--password-file, COUNTERSIGN_PASSWORD or asked for) and keeps an API token of 90 days. Who signs in by passkey or through the firm’s provider makes a token in the browser and gives it with --token-file. Signing in signs nothing: that takes the key and its passphrase.',
  example: 'countersign login dana.developer --data ./bank',
  arguments: [{ name: 'account', summary: 'account id' }],
  options: [
    ...PASSWORD_OPTIONS,
    { flags: '--token-file FILE', summary: 'file with an API token made in the browser' },
    { flags: '--renew', summary: 'by password although a token is there' },
  ],
  run: runLogin,
};

async function runLogin(input: Input, session: Session): Promise<Outcome> {
  const account = input.argument('account');
  const profile = profileOf(input, session, account);
  const token =
    profile.token !== undefined &&
    !input.flag('renew') &&
    input.optionalText('token-file') === undefined
      ? profile.token
      : await tokenOf(input, session, { account, profile });
  const me = await new ApiClient({ url: profile.serverUrl, token }).call(identityRoutes.me);
  if (me.account !== account) {
    throw new CliError(
      'profile_invalid',
      `the token in \`${profile.dataDir}\` is \`${me.account}\`'s`,
    );
  }
  if (profile.root !== undefined && me.root !== profile.root) {
    throw new CliError(
      'record_unverified',
      `the server belongs to root \`${me.root.slice(0, 12)}\`, you trust \`${profile.root.slice(0, 12)}\``,
    );
  }
  const folder = join(profile.dataDir, 'people', account);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
  writeFileSync(join(profile.dataDir, 'people', 'current'), `${account}\n`, { mode: 0o600 });
  const { name, roles, firm, root } = me;
  return done(
    { account, name, roles, firm, root },
    ...fields([
      ['account', `${account} (${name})`],
      ['roles', roles.join(', ')],
      ['firm', firm],
      ['server', profile.serverUrl],
    ]),
  );
}

function profileOf(input: Input, session: Session, account: string): Profile {
  return resolveProfile({
    env: session.io.env,
    cwd: session.cwd,
    as: account,
    data: input.optionalText('data'),
    server: input.optionalText('server'),
  });
}

/** An account without a password brings a token that it made in the browser. */
async function tokenOf(
  input: Input,
  session: Session,
  at: { readonly account: string; readonly profile: Profile },
): Promise<string> {
  const file = input.optionalText('token-file');
  if (file !== undefined) return readToken(resolve(session.cwd, file));
  return withPasswordSession(input, session, at, async ({ client, headers }) => {
    const body = { name: 'countersign login', scopes: ['all'] };
    return (await client.call(tokenRoutes.create, { body, headers })).token;
  });
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new CliError('file_missing', `token file \`${path}\` cannot be read`, { cause });
  }
}
