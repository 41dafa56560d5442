// SPDX-License-Identifier: Apache-2.0
import type { TokenScope } from '@countersign/contract';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { Database } from '../store/index.ts';
import type { Auth } from './auth.ts';
import type { SessionGroups } from './group-roles.ts';
import type { Account } from './identity.ts';
import { isOverdue, touchSession } from './sessions.ts';
import { readScopes } from './tokens.ts';

/** By what somebody calls. Groups come with a session of the firm's provider alone, scopes with a token alone. */
export type Via =
  | {
      readonly kind: 'session';
      readonly id: string;
      readonly createdAt: Date;
      readonly groups?: SessionGroups;
    }
  | { readonly kind: 'token'; readonly id: string; readonly scopes: readonly TokenScope[] };

export interface Caller extends Account {
  /** better-auth's id of whoever signed in. */
  readonly user: string;
  readonly via: Via;
}

interface Parts {
  readonly db: Kysely<Database>;
  readonly auth: Auth;
  readonly workspace: string;
  readonly now: () => string;
}

/** Who calls, by bearer token or session cookie. A locked account calls by neither. */
export async function callerOf(parts: Parts, headers: Headers): Promise<Caller | undefined> {
  const found = await signedIn(parts, headers);
  if (found === undefined) return undefined;
  const row = await parts.db
    .selectFrom('account')
    .select(['account', 'printed_name', 'email', 'locked_at'])
    .where('auth_user', '=', found.user)
    .where('workspace', '=', parts.workspace)
    .executeTakeFirst();
  if (row === undefined || row.locked_at !== null) return undefined;
  return { account: row.account, printedName: row.printed_name, email: row.email, ...found };
}

type SignedIn = Pick<Caller, 'user' | 'via'>;

async function signedIn(parts: Parts, headers: Headers): Promise<SignedIn | undefined> {
  const bearer = /^Bearer ([\x21-\x7e]{1,512})$/.exec(headers.get('authorization') ?? '')?.[1];
  return bearer === undefined ? bySession(parts, headers) : byToken(parts.auth, bearer);
}

async function byToken(auth: Auth, bearer: string): Promise<SignedIn | undefined> {
  const { valid, key } = await auth.api.verifyApiKey({ body: { key: bearer } });
  if (!valid || key === null) return undefined;
  const scopes = readScopes(key.permissions);
  return { user: key.referenceId, via: { kind: 'token', id: key.id, scopes } };
}

async function bySession(parts: Parts, headers: Headers): Promise<SignedIn | undefined> {
  const open = await parts.auth.api.getSession({ headers });
  if (open === null) return undefined;
  const { id, userId, createdAt, lastUsedAt, oidcIssuer, oidcGroups } = open.session;
  const session = { id, createdAt, lastUsedAt: lastUsedAt ?? undefined };
  const now = Date.parse(parts.now());
  if (isOverdue(session, now)) {
    await parts.db.deleteFrom('auth_session').where('id', '=', id).execute();
    return undefined;
  }
  await touchSession(parts.db, session, now);
  const groups = groupsOf(oidcIssuer, oidcGroups);
  return {
    user: userId,
    via: { kind: 'session', id, createdAt, ...(groups === undefined ? {} : { groups }) },
  };
}

const Groups = z.array(z.string());

function groupsOf(
  issuer: string | null | undefined,
  json: string | null | undefined,
): SessionGroups | undefined {
  if (typeof issuer !== 'string' || typeof json !== 'string') return undefined;
  return { issuer, groups: Groups.parse(JSON.parse(json)) };
}
