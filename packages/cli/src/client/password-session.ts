// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { signInRoutes } from '@countersign/contract';
import type { OptionSpec } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { type Profile, readConfigFile } from '../profile/profile.ts';
import type { Session } from '../session.ts';
import { ApiClient } from './api-client.ts';

/** Of every command that signs in itself, since a token makes no tokens and ends no sessions. */
export const PASSWORD_OPTIONS: readonly OptionSpec[] = [
  { flags: '--password-file FILE', summary: 'file with the sign-in password' },
  { flags: '--email ADDRESS', summary: 'sign-in address; ACCOUNT@FIRM.example unless given' },
];

export interface PasswordSession {
  readonly client: ApiClient;
  /** Cookie and origin, for each call. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Opens a session by password (--password-file, COUNTERSIGN_PASSWORD or asked for), works, and ends it. */
export async function withPasswordSession<T>(
  input: Input,
  session: Session,
  at: { readonly account: string; readonly profile: Profile },
  work: (open: PasswordSession) => Promise<T>,
): Promise<T> {
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
  const open = { client, headers: { cookie, origin: new URL(profile.serverUrl).origin } };
  try {
    return await work(open);
  } finally {
    // A session that stays open for its hour harms less than the work that failed on account of it.
    await client
      .call(signInRoutes.signOut, { body: {}, headers: open.headers })
      .catch(() => undefined);
  }
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
