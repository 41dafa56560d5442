// SPDX-License-Identifier: Apache-2.0
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import type { Auth } from './auth.ts';

/** Who calls. What they may do follows from the key register, not from here. */
export interface Account {
  readonly account: string;
  readonly printedName: string;
  readonly email: string;
}

export interface NewAccount {
  readonly account: string;
  readonly printedName: string;
  readonly password: string;
  readonly createdBy: string;
}

export interface CreatedAccount extends Account {
  /** An API key; only its hash is kept. */
  readonly token: string;
}

export interface Identity {
  readonly auth: Auth;
  /** Origin under which browsers reach the server. */
  readonly origin: string;
  /** The caller by session cookie or `Authorization: Bearer <API key>`, or undefined. */
  authenticate(headers: Headers): Promise<Account | undefined>;
  /** @throws ServerError `account_exists` */
  createAccount(account: NewAccount): Promise<CreatedAccount>;
  accounts(): Promise<readonly Account[]>;
}

interface Parts {
  readonly db: Kysely<Database>;
  readonly auth: Auth;
  readonly origin: string;
  readonly workspace: string;
  /** After the `@` of sign-in addresses. */
  readonly domain: string;
  readonly now: () => string;
}

export function createIdentity(parts: Parts): Identity {
  return {
    auth: parts.auth,
    origin: parts.origin,
    authenticate: (headers) => authenticate(parts, headers),
    createAccount: (account) => createAccount(parts, account),
    accounts: () => listAccounts(parts),
  };
}

/** Host part of sign-in addresses: reserved for examples (RFC 2606), since no mail is ever sent. */
export function signInDomain(firm: string): string {
  const label = firm
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return `${label === '' ? 'firm' : label.slice(0, 63)}.example`;
}

async function authenticate(parts: Parts, headers: Headers): Promise<Account | undefined> {
  const user = await userOf(parts.auth, headers);
  if (user === undefined) return undefined;
  const row = await parts.db
    .selectFrom('account')
    .select(['account', 'printed_name', 'email'])
    .where('auth_user', '=', user)
    .where('workspace', '=', parts.workspace)
    .executeTakeFirst();
  return row === undefined ? undefined : present(row);
}

async function userOf(auth: Auth, headers: Headers): Promise<string | undefined> {
  const bearer = /^Bearer ([\x21-\x7e]{1,512})$/.exec(headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined) {
    const { valid, key } = await auth.api.verifyApiKey({ body: { key: bearer } });
    return valid ? key?.referenceId : undefined;
  }
  const session = await auth.api.getSession({ headers });
  return session?.user.id;
}

async function createAccount(parts: Parts, wanted: NewAccount): Promise<CreatedAccount> {
  const { auth, db, workspace } = parts;
  const email = `${wanted.account}@${parts.domain}`;
  const taken = await db
    .selectFrom('account')
    .select('account')
    .where('workspace', '=', workspace)
    .where('account', '=', wanted.account)
    .executeTakeFirst();
  if (taken !== undefined) {
    throw new ServerError('account_exists', `account \`${wanted.account}\` exists already`, {
      details: { account: wanted.account },
    });
  }
  // better-auth writes through its own connection. A crash before our row leaves a sign-in that is no account.
  const { internalAdapter, password } = await auth.$context;
  const user = await internalAdapter.createUser(
    { email, name: wanted.printedName, emailVerified: true },
    { method: 'admin' },
  );
  await internalAdapter.linkAccount({
    userId: user.id,
    accountId: user.id,
    providerId: 'credential',
    password: await password.hash(wanted.password),
  });
  const created = await auth.api.createApiKey({ body: { name: 'first', userId: user.id } });
  await db
    .insertInto('account')
    .values({
      workspace,
      account: wanted.account,
      printed_name: wanted.printedName,
      email,
      auth_user: user.id,
      created_by: wanted.createdBy,
      created_at: parts.now(),
    })
    .execute();
  return { account: wanted.account, printedName: wanted.printedName, email, token: created.key };
}

async function listAccounts(parts: Parts): Promise<readonly Account[]> {
  const rows = await parts.db
    .selectFrom('account')
    .select(['account', 'printed_name', 'email'])
    .where('workspace', '=', parts.workspace)
    .orderBy('account')
    .execute();
  return rows.map(present);
}

function present(row: { account: string; printed_name: string; email: string }): Account {
  return { account: row.account, printedName: row.printed_name, email: row.email };
}
