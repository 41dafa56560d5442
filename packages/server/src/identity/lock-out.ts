// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { Database } from '../store/index.ts';

export const FAILURES_MAX = 10;
export const FAILURE_WINDOW_MS = 15 * 60_000;
const LOCK_OUT_MS = 15 * 60_000;
const LOCK_OUT_MS_MAX = 24 * 60 * 60_000;
/** A day without a lock-out, and the next one is a first one again. */
const STRIKE_MEMORY_MS = 24 * 60 * 60_000;

/** Failed passwords of one account, as PostgreSQL keeps them for every server. */
export interface PasswordFailures {
  readonly failures: number;
  /** When the window of these failures began. */
  readonly since: number;
  /** Lock-outs one after another: each lasts twice as long as the one before. */
  readonly strikes: number;
  readonly lockedUntil: number | undefined;
}

export type Attempt =
  | { readonly allowed: true; readonly next: PasswordFailures; readonly isLast: boolean }
  | { readonly allowed: false };

/**
 * Whether a password may be looked at. The attempt is counted as failed beforehand and struck out by a success, so that
 * any number of attempts at once gets no more looks than one after another.
 */
export function attemptPassword(before: PasswordFailures | undefined, now: number): Attempt {
  const { lockedUntil } = before ?? {};
  if (lockedUntil !== undefined && now < lockedUntil) return { allowed: false };
  const isFresh =
    before === undefined || lockedUntil !== undefined || now - before.since >= FAILURE_WINDOW_MS;
  const failures = isFresh ? 1 : before.failures + 1;
  const since = isFresh ? now : before.since;
  const strikes = strikesAt(before, now);
  if (failures < FAILURES_MAX) {
    return {
      allowed: true,
      isLast: false,
      next: { failures, since, strikes, lockedUntil: undefined },
    };
  }
  const duration = Math.min(LOCK_OUT_MS * 2 ** strikes, LOCK_OUT_MS_MAX);
  return {
    allowed: true,
    isLast: true,
    next: { failures, since, strikes: strikes + 1, lockedUntil: now + duration },
  };
}

function strikesAt(before: PasswordFailures | undefined, now: number): number {
  if (before === undefined) return 0;
  const rested = now - (before.lockedUntil ?? before.since);
  return rested >= STRIKE_MEMORY_MS ? 0 : Math.min(before.strikes, 16);
}

/** Rows for addresses without an account: few, so that guessing addresses fills no table. */
const UNKNOWN_ROWS = 64;

/** The row that counts for an e-mail address; one that no account has costs the same work. */
export function attemptedKey(user: string | undefined, email: string): string {
  if (user !== undefined) return user;
  const [first = 0] = createHash('sha256').update(email.toLowerCase()).digest();
  return `unknown-${first % UNKNOWN_ROWS}`;
}

/** Counts an attempt; see {@link attemptPassword}. One at a time for each key, on whichever server. */
export function claimAttempt(db: Kysely<Database>, key: string, now: number): Promise<Attempt> {
  return db.transaction().execute(async (tx) => {
    await tx
      .insertInto('password_failure')
      .values({
        attempted: key,
        failures: 0,
        since: new Date(now),
        strikes: 0,
        locked_until: null,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const row = await tx
      .selectFrom('password_failure')
      .selectAll()
      .where('attempted', '=', key)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const attempt = attemptPassword(
      {
        failures: row.failures,
        since: row.since.getTime(),
        strikes: row.strikes,
        lockedUntil: row.locked_until?.getTime(),
      },
      now,
    );
    if (attempt.allowed) await store(tx, key, attempt.next);
    return attempt;
  });
}

async function store(db: Kysely<Database>, key: string, next: PasswordFailures): Promise<void> {
  await db
    .updateTable('password_failure')
    .set({
      failures: next.failures,
      since: new Date(next.since),
      strikes: next.strikes,
      locked_until: next.lockedUntil === undefined ? null : new Date(next.lockedUntil),
    })
    .where('attempted', '=', key)
    .execute();
}

/** The password was right: what was counted before is struck out. */
export async function forgetFailures(db: Kysely<Database>, key: string): Promise<void> {
  await db.deleteFrom('password_failure').where('attempted', '=', key).execute();
}
