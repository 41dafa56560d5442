// SPDX-License-Identifier: Apache-2.0
import { SIGN_IN_METHODS } from '@countersign/contract';
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import { SESSION_IDLE_SECONDS, SESSION_SECONDS } from './auth.ts';

export type SignInMethod = (typeof SIGN_IN_METHODS)[number];

export interface OpenSession {
  readonly id: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  /** When it ends however busy it is. */
  readonly expiresAt: Date;
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly signedInBy: SignInMethod;
}

/** Shorter than anybody rests between two requests, so that `lastUsedAt` is not a write for each. */
const TOUCH_MS = 60_000;

/** @returns whether a session has outlived its hours or rested too long */
export function isOverdue(
  session: { readonly createdAt: Date; readonly lastUsedAt: Date | undefined },
  now: number,
): boolean {
  const used = session.lastUsedAt ?? session.createdAt;
  return (
    now - session.createdAt.getTime() >= SESSION_SECONDS * 1_000 ||
    now - used.getTime() >= SESSION_IDLE_SECONDS * 1_000
  );
}

/** Notes that a session is in use. */
export async function touchSession(
  db: Kysely<Database>,
  session: { readonly id: string; readonly lastUsedAt: Date | undefined },
  now: number,
): Promise<void> {
  if (session.lastUsedAt !== undefined && now - session.lastUsedAt.getTime() < TOUCH_MS) return;
  await db
    .updateTable('auth_session')
    .set({ lastUsedAt: new Date(now) })
    .where('id', '=', session.id)
    .execute();
}

/** Those that still count, the newest first. */
export async function listSessions(
  db: Kysely<Database>,
  user: string,
  now: number,
): Promise<readonly OpenSession[]> {
  const rows = await db
    .selectFrom('auth_session')
    .select(['id', 'createdAt', 'expiresAt', 'ipAddress', 'userAgent', 'signedInBy', 'lastUsedAt'])
    .where('userId', '=', user)
    .orderBy('createdAt', 'desc')
    .limit(500)
    .execute();
  return rows.flatMap((row) => {
    const lastUsedAt = row.lastUsedAt ?? row.createdAt;
    const isOver = row.expiresAt.getTime() <= now || isOverdue({ ...row, lastUsedAt }, now);
    if (isOver) return [];
    return [
      {
        id: row.id,
        createdAt: row.createdAt,
        lastUsedAt,
        expiresAt: row.expiresAt,
        address: row.ipAddress === null || row.ipAddress === '' ? undefined : row.ipAddress,
        userAgent: row.userAgent === null || row.userAgent === '' ? undefined : row.userAgent,
        signedInBy: SIGN_IN_METHODS.find((one) => one === row.signedInBy) ?? 'password',
      },
    ];
  });
}

/** Ends one session of a user. @throws ServerError `session_unknown`, also for another's session */
export async function endSession(db: Kysely<Database>, user: string, id: string): Promise<void> {
  const { numDeletedRows } = await db
    .deleteFrom('auth_session')
    .where('id', '=', id)
    .where('userId', '=', user)
    .executeTakeFirst();
  if (numDeletedRows === 0n) {
    throw new ServerError('session_unknown', `no session \`${id}\` of yours is open`);
  }
}

/** Ends the sessions of a user, but for one. @returns how many */
export async function endSessions(
  db: Kysely<Database>,
  user: string,
  but?: string,
): Promise<number> {
  let query = db.deleteFrom('auth_session').where('userId', '=', user);
  if (but !== undefined) query = query.where('id', '!=', but);
  const { numDeletedRows } = await query.executeTakeFirst();
  return Number(numDeletedRows);
}
