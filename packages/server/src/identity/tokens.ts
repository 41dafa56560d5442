// SPDX-License-Identifier: Apache-2.0
import {
  type Action,
  scopeActions,
  type TokenScope,
  TokenScopeSchema,
} from '@countersign/contract';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import type { Auth } from './auth.ts';

export interface Token {
  readonly id: string;
  readonly name: string;
  /** First characters of the key, to tell tokens apart. */
  readonly start: string;
  readonly scopes: readonly TokenScope[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | undefined;
  /** Those of founding and of a new account last until they are revoked. */
  readonly expiresAt: Date | undefined;
}

export interface NewToken {
  readonly user: string;
  readonly name: string;
  readonly scopes: readonly TokenScope[];
  readonly expiresInDays: number;
}

const TOKENS_MAX = 100;
const DAY_SECONDS = 86_400;

/** @throws ServerError `token_limit` */
export async function createToken(
  db: Kysely<Database>,
  auth: Auth,
  wanted: NewToken,
): Promise<Token & { readonly token: string }> {
  const held = await listTokens(db, wanted.user);
  if (held.length >= TOKENS_MAX) {
    throw new ServerError(
      'token_limit',
      `an account holds at most ${TOKENS_MAX} tokens; revoke one that is no longer used`,
    );
  }
  const scopes = [...new Set(wanted.scopes)];
  const created = await auth.api.createApiKey({
    body: {
      name: wanted.name,
      userId: wanted.user,
      expiresIn: wanted.expiresInDays * DAY_SECONDS,
      permissions: { scopes },
    },
  });
  return {
    id: created.id,
    name: wanted.name,
    start: created.start ?? '',
    scopes,
    createdAt: created.createdAt,
    lastUsedAt: undefined,
    expiresAt: created.expiresAt ?? undefined,
    token: created.key,
  };
}

/** The newest first. */
export async function listTokens(db: Kysely<Database>, user: string): Promise<readonly Token[]> {
  const rows = await db
    .selectFrom('auth_api_key')
    .select(['id', 'name', 'start', 'permissions', 'createdAt', 'updatedAt', 'expiresAt'])
    .where('referenceId', '=', user)
    .orderBy('createdAt', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name ?? '',
    start: row.start ?? '',
    scopes: readScopes(row.permissions),
    createdAt: row.createdAt,
    // better-auth moves `updatedAt` with every use.
    lastUsedAt: row.updatedAt > row.createdAt ? row.updatedAt : undefined,
    expiresAt: row.expiresAt ?? undefined,
  }));
}

/** @throws ServerError `token_unknown`, also for another's token */
export async function revokeToken(
  db: Kysely<Database>,
  user: string,
  id: string,
): Promise<{ readonly name: string }> {
  const row = await db
    .deleteFrom('auth_api_key')
    .where('id', '=', id)
    .where('referenceId', '=', user)
    .returning('name')
    .executeTakeFirst();
  if (row === undefined) {
    throw new ServerError(
      'token_unknown',
      `no token \`${id}\` is yours; list them with GET /v1/tokens`,
    );
  }
  return { name: row.name ?? '' };
}

const Permissions = z.strictObject({ scopes: z.array(TokenScopeSchema) });

/** What a token's column says; one from before scopes, as of founding, has them all. Unreadable scopes give nothing. */
export function readScopes(permissions: unknown): readonly TokenScope[] {
  if (permissions === null || permissions === undefined) return ['all'];
  const json = typeof permissions === 'string' ? parsed(permissions) : permissions;
  const read = Permissions.safeParse(json);
  return read.success ? read.data.scopes : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function actionsOf(scopes: readonly TokenScope[]): ReadonlySet<Action> {
  return scopeActions(scopes);
}
