// SPDX-License-Identifier: Apache-2.0
import type { KeyRegister } from '@countersign/kernel';
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import { rolesOf } from './roles-of.ts';
import { endSessions } from './sessions.ts';

interface LockParts {
  readonly db: Kysely<Database>;
  readonly workspace: string;
  readonly register: KeyRegister;
  readonly now: string;
}

export interface Lock {
  readonly account: string;
  /** The administrator who locks or unlocks. */
  readonly by: string;
  readonly reason: string;
}

/**
 * One administrator locks an account: sessions end, nothing signs in, tokens are refused. The keys of its holder are
 * another matter: they are suspended by a record.
 * An administrator is locked only where a third could unlock: one alone must not shut the others out.
 * @returns how many sessions ended
 * @throws ServerError `account_unknown`, `account_lock_refused`
 */
export function lockAccount(parts: LockParts, lock: Lock): Promise<number> {
  const { workspace, now } = parts;
  if (lock.account === lock.by) throw refused('nobody locks their own account');
  return parts.db.transaction().execute(async (tx) => {
    // One lock after another: two administrators at once must not find each other the third who could unlock.
    const rows = await tx
      .selectFrom('account')
      .select(['account', 'auth_user', 'locked_by'])
      .where('workspace', '=', workspace)
      .orderBy('account')
      .forUpdate()
      .execute();
    const row = rows.find(({ account }) => account === lock.account);
    if (row === undefined) throw unknownAccount(lock.account);
    if (row.locked_by !== null) {
      throw refused(`\`${lock.account}\` is locked already, by \`${row.locked_by}\``);
    }
    const unlocked = rows.filter(({ locked_by }) => locked_by === null);
    refuseShutOut(parts, lock, new Set(unlocked.map(({ account }) => account)));
    await tx
      .updateTable('account')
      .set({ locked_at: now, locked_by: lock.by, lock_reason: lock.reason })
      .where('workspace', '=', workspace)
      .where('account', '=', lock.account)
      .execute();
    return endSessions(tx, row.auth_user);
  });
}

/**
 * Another administrator than the one who locked unlocks.
 * @throws ServerError `account_unknown`, `account_lock_refused`
 */
export async function unlockAccount(
  { db, workspace }: LockParts,
  unlock: { readonly account: string; readonly by: string },
): Promise<void> {
  const row = await db
    .selectFrom('account')
    .select('locked_by')
    .where('workspace', '=', workspace)
    .where('account', '=', unlock.account)
    .executeTakeFirst();
  if (row === undefined) throw unknownAccount(unlock.account);
  if (row.locked_by === null) throw refused(`\`${unlock.account}\` is not locked`);
  if (row.locked_by === unlock.by) {
    throw refused(
      `\`${unlock.by}\` locked \`${unlock.account}\`: another administrator has to unlock it`,
    );
  }
  await db
    .updateTable('account')
    .set({ locked_at: null, locked_by: null, lock_reason: null })
    .where('workspace', '=', workspace)
    .where('account', '=', unlock.account)
    .where('locked_by', '=', row.locked_by)
    .execute();
}

function refuseShutOut(
  { register, now }: LockParts,
  { account, by }: Lock,
  unlocked: ReadonlySet<string>,
): void {
  if (!unlocked.has(by)) throw refused(`\`${by}\` has been locked meanwhile`);
  const isAdministrator = (one: string): boolean =>
    rolesOf(register, one, now).includes('administrator');
  const others = [...unlocked].filter((one) => one !== account && one !== by);
  if (!isAdministrator(account) || others.some(isAdministrator)) return;
  throw refused(
    `no third administrator could unlock \`${account}\` again; suspend its key with a key-change record instead, which takes the duty away at once`,
  );
}

export function unknownAccount(account: string): ServerError {
  return new ServerError(
    'account_unknown',
    `no account \`${account}\` exists; list them with GET /v1/people`,
  );
}

function refused(message: string): ServerError {
  return new ServerError('account_lock_refused', message);
}
