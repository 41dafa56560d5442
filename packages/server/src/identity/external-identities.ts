// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';

/** Who somebody is at the firm's provider. The e-mail address there is nothing that we know anybody by. */
export interface ProviderIdentity {
  readonly issuer: string;
  readonly subject: string;
}

export interface LinkedIdentity extends ProviderIdentity {
  readonly id: string;
  readonly linkedBy: string;
  readonly linkedAt: Date;
}

/** @throws ServerError `identity_taken` when it signs in as another account */
export async function linkIdentity(
  db: Kysely<Database>,
  identity: ProviderIdentity,
  to: {
    readonly workspace: string;
    readonly user: string;
    readonly linkedBy: string;
    readonly at: string;
  },
): Promise<void> {
  const { workspace, user, linkedBy, at } = to;
  await db
    .insertInto('external_identity')
    .values({
      id: randomUUID(),
      workspace,
      issuer: identity.issuer,
      subject: identity.subject,
      auth_user: user,
      linked_by: linkedBy,
      linked_at: at,
    })
    .onConflict((conflict) => conflict.columns(['workspace', 'issuer', 'subject']).doNothing())
    .execute();
  if ((await holderOf(db, workspace, identity)) !== user) {
    throw new ServerError('identity_taken', 'this identity signs in as another account already');
  }
}

async function holderOf(
  db: Kysely<Database>,
  workspace: string,
  { issuer, subject }: ProviderIdentity,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('external_identity')
    .select('auth_user')
    .where('workspace', '=', workspace)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();
  return row?.auth_user;
}

/** Whom an identity signs in as. @throws ServerError `identity_unknown`: nobody gets an account by signing in */
export async function accountOfIdentity(
  db: Kysely<Database>,
  workspace: string,
  identity: ProviderIdentity,
): Promise<{ readonly user: string; readonly account: string }> {
  const user = await holderOf(db, workspace, identity);
  const row =
    user === undefined
      ? undefined
      : await db
          .selectFrom('account')
          .select('account')
          .where('workspace', '=', workspace)
          .where('auth_user', '=', user)
          .executeTakeFirst();
  if (user === undefined || row === undefined) {
    throw new ServerError(
      'identity_unknown',
      'your identity at the provider is linked to no account; sign in by password or passkey and link it, or ask an administrator for an account that names it',
    );
  }
  return { user, account: row.account };
}

export async function listIdentities(
  db: Kysely<Database>,
  user: string,
): Promise<readonly LinkedIdentity[]> {
  const rows = await db
    .selectFrom('external_identity')
    .selectAll()
    .where('auth_user', '=', user)
    .orderBy('linked_at')
    .execute();
  return rows.map(({ id, issuer, subject, linked_by, linked_at }) => ({
    id,
    issuer,
    subject,
    linkedBy: linked_by,
    linkedAt: linked_at,
  }));
}

/** @throws ServerError `identity_unknown` */
export async function unlinkIdentity(
  db: Kysely<Database>,
  user: string,
  id: string,
): Promise<ProviderIdentity> {
  const row = await db
    .deleteFrom('external_identity')
    .where('id', '=', id)
    .where('auth_user', '=', user)
    .returning(['issuer', 'subject'])
    .executeTakeFirst();
  if (row === undefined) {
    throw new ServerError('identity_unknown', `no identity \`${id}\` is linked to your account`);
  }
  return row;
}
