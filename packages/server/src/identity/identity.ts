// SPDX-License-Identifier: Apache-2.0
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import type { Auth } from './auth.ts';
import { type Caller, callerOf } from './caller.ts';
import { linkIdentity, type ProviderIdentity } from './external-identities.ts';
import type { OidcSignIn } from './oidc-sign-in.ts';
import { isSignInCredential } from './sign-in-credentials.ts';

/** Who somebody is. What they may do follows from the key register, not from here. */
export interface Account {
  readonly account: string;
  readonly printedName: string;
  readonly email: string;
  readonly locked?: { readonly at: Date; readonly by: string; readonly reason: string };
}

export interface NewAccount {
  readonly account: string;
  readonly printedName: string;
  /** An account without one signs in by its identity at the firm's provider. */
  readonly password?: string;
  readonly identity?: ProviderIdentity;
  readonly createdBy: string;
}

export interface CreatedAccount extends Account {
  /** An API key with all scopes and no end; only its hash is kept. */
  readonly token: string;
}

export interface Identity {
  readonly auth: Auth;
  /** Origin under which browsers reach the server. */
  readonly origin: string;
  /** Where the firm's provider is configured. */
  readonly oidc: OidcSignIn | undefined;
  /** The caller by session cookie or `Authorization: Bearer <API key>`, or undefined. */
  authenticate(headers: Headers): Promise<Caller | undefined>;
  /** @throws ServerError `account_exists`, `identity_taken` */
  createAccount(account: NewAccount): Promise<CreatedAccount>;
  accounts(): Promise<readonly Account[]>;
  /** Whether a WebAuthn credential signs somebody in: such a one must never be enrolled for signing records. */
  isSignInCredential(credentialId: string): Promise<boolean>;
}

interface Parts {
  readonly db: Kysely<Database>;
  readonly auth: Auth;
  readonly origin: string;
  readonly workspace: string;
  /** After the `@` of sign-in addresses. */
  readonly domain: string;
  readonly now: () => string;
  readonly oidc?: OidcSignIn;
}

export function createIdentity(parts: Parts): Identity {
  return {
    auth: parts.auth,
    origin: parts.origin,
    oidc: parts.oidc,
    authenticate: (headers) => callerOf(parts, headers),
    createAccount: (account) => createAccount(parts, account),
    accounts: () => listAccounts(parts),
    isSignInCredential: (credentialId) => isSignInCredential(parts.db, credentialId),
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

async function createAccount(parts: Parts, wanted: NewAccount): Promise<CreatedAccount> {
  const { auth, db, workspace } = parts;
  const email = `${wanted.account}@${parts.domain}`;
  await refuseTaken(parts, wanted.account);
  // better-auth writes through its own connection. A crash before our row leaves a sign-in that is no account.
  const { internalAdapter, password } = await auth.$context;
  const user = await internalAdapter.createUser(
    { email, name: wanted.printedName, emailVerified: true },
    { method: 'admin' },
  );
  try {
    // First: an identity that is taken must leave no account behind.
    await linkGiven(parts, wanted, user.id);
    if (wanted.password !== undefined) {
      await internalAdapter.linkAccount({
        userId: user.id,
        accountId: user.id,
        providerId: 'credential',
        password: await password.hash(wanted.password),
      });
    }
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
  } catch (cause) {
    await db.deleteFrom('auth_api_key').where('referenceId', '=', user.id).execute();
    await internalAdapter.deleteUser(user.id);
    throw cause;
  }
}

async function refuseTaken({ db, workspace }: Parts, account: string): Promise<void> {
  const taken = await db
    .selectFrom('account')
    .select('account')
    .where('workspace', '=', workspace)
    .where('account', '=', account)
    .executeTakeFirst();
  if (taken !== undefined) {
    throw new ServerError('account_exists', `account \`${account}\` exists already`, {
      details: { account },
    });
  }
}

async function linkGiven(parts: Parts, wanted: NewAccount, user: string): Promise<void> {
  if (wanted.identity === undefined) return;
  await linkIdentity(parts.db, wanted.identity, {
    workspace: parts.workspace,
    user,
    linkedBy: wanted.createdBy,
    at: parts.now(),
  });
}

async function listAccounts(parts: Parts): Promise<readonly Account[]> {
  const rows = await parts.db
    .selectFrom('account')
    .select(['account', 'printed_name', 'email', 'locked_at', 'locked_by', 'lock_reason'])
    .where('workspace', '=', parts.workspace)
    .orderBy('account')
    .execute();
  return rows.map((row) => ({
    account: row.account,
    printedName: row.printed_name,
    email: row.email,
    ...(row.locked_at === null
      ? {}
      : { locked: { at: row.locked_at, by: row.locked_by ?? '', reason: row.lock_reason ?? '' } }),
  }));
}
