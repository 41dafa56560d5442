// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identityRoutes, signInRoutes } from '@countersign/contract';
import { z } from 'zod';
import { ApiClient } from '../client/api-client.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { fields } from '../output/table.ts';
import { type Profile, readConfigFile, resolveProfile } from '../profile/profile.ts';
import type { Session } from '../session.ts';

export const login: Command = {
  name: 'login',
  summary: 'sign in as an account and act as it from now on',
  description:
    'With a token in the data directory it only checks and chooses the account. Otherwise it signs in by password (--password-file, COUNTERSIGN_PASSWORD or asked for) and keeps an API key. Signing in signs nothing: that takes the key and its passphrase.',
  example: 'countersign login dana.developer --data ./bank',
  arguments: [{ name: 'account', summary: 'account id' }],
  options: [
    { flags: '--password-file FILE', summary: 'file with the sign-in password' },
    { flags: '--email ADDRESS', summary: 'sign-in address; ACCOUNT@FIRM.example unless given' },
    { flags: '--renew', summary: 'by password although a token is there' },
  ],
  run: runLogin,
};

async function runLogin(input: Input, session: Session): Promise<Outcome> {
  const account = input.argument('account');
  const profile = profileOf(input, session, account);
  const token =
    profile.token !== undefined && !input.flag('renew')
      ? profile.token
      : await tokenByPassword(input, session, { account, profile });
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

const Key = z.looseObject({ key: z.string().min(1) });

async function tokenByPassword(
  input: Input,
  session: Session,
  at: { readonly account: string; readonly profile: Profile },
): Promise<string> {
  const { account, profile } = at;
  const client = new ApiClient({ url: profile.serverUrl });
  const email = input.optionalText('email') ?? emailOf(account, profile);
  const password = await passwordOf(input, session, account);
  const response = await client.stream(signInRoutes.signIn, { body: { email, password } });
  const cookie = response.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  await response.body?.cancel();
  const headers = { cookie, origin: new URL(profile.serverUrl).origin };
  const created = await client.call(signInRoutes.createApiKey, {
    body: { name: 'countersign login' },
    headers,
  });
  const parsed = Key.safeParse(created);
  if (parsed.success) return parsed.data.key;
  throw new CliError('server_answer_invalid', 'the server made no API key');
}

/** As the server makes them: the firm's name as a label below `.example`, since no mail is ever sent. */
function emailOf(account: string, profile: Profile): string {
  const firm = readConfigFile(profile.dataDir)?.firm;
  if (firm === undefined) throw usage('the sign-in address is not known', 'give it with --email');
  const label = firm
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return `${account}@${label === '' ? 'firm' : label.slice(0, 63)}.example`;
}

async function passwordOf(input: Input, session: Session, account: string): Promise<string> {
  const file = input.optionalText('password-file');
  if (file !== undefined) {
    try {
      return readFileSync(resolve(session.cwd, file), 'utf8').replace(/\r?\n$/, '');
    } catch (cause) {
      throw new CliError('file_missing', `password file \`${file}\` cannot be read`, { cause });
    }
  }
  const given = session.io.env.COUNTERSIGN_PASSWORD;
  if (given !== undefined && given !== '') return given;
  if (session.io.isTerminal && session.io.askHidden !== undefined) {
    return session.io.askHidden(`password of ${account}: `);
  }
  throw new CliError('no_token', `the password of \`${account}\` is needed to sign in`, {
    details: { next: 'give --password-file FILE or COUNTERSIGN_PASSWORD, or run it in a terminal' },
  });
}
