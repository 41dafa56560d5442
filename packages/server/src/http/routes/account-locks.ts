// SPDX-License-Identifier: Apache-2.0
import { identityRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { endSessions, lockAccount, unknownAccount, unlockAccount } from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { type Call, registerRoute } from '../register-route.ts';

/** What administrators do to the sessions of others. */
export function registerAccountLocks(app: FastifyInstance, context: ServerContext): void {
  const parts = () => ({
    db: context.database.db,
    workspace: context.workspace,
    register: context.records.register(),
    now: context.now(),
  });
  registerRoute(app, context, identityRoutes.endSessions, async (call) => {
    const { account } = call.params;
    const ended = await endSessions(context.database.db, await userOf(context, account));
    await audit(context, {
      call,
      account,
      action: 'session:end',
      reason: `ended ${ended} sessions`,
    });
    return { ended };
  });
  registerRoute(app, context, identityRoutes.lock, async (call) => {
    const { account } = call.params;
    const { reason } = call.body;
    const ended = await lockAccount(parts(), { account, by: call.actor.account, reason });
    await audit(context, { call, account, action: 'account:lock', reason });
    return { ended };
  });
  registerRoute(app, context, identityRoutes.unlock, async (call) => {
    const { account } = call.params;
    await unlockAccount(parts(), { account, by: call.actor.account });
    await audit(context, { call, account, action: 'account:unlock', reason: call.body.reason });
    return { unlocked: account };
  });
}

/** @throws ServerError `account_unknown` */
async function userOf(context: ServerContext, account: string): Promise<string> {
  const row = await context.database.db
    .selectFrom('account')
    .select('auth_user')
    .where('workspace', '=', context.workspace)
    .where('account', '=', account)
    .executeTakeFirst();
  if (row === undefined) throw unknownAccount(account);
  return row.auth_user;
}

function audit(
  context: ServerContext,
  at: {
    readonly call: Pick<Call, 'actor' | 'requestId'>;
    readonly account: string;
    readonly action: string;
    readonly reason: string;
  },
): Promise<void> {
  return recordEvent(context, {
    account: at.call.actor.account,
    action: at.action,
    subject: at.account,
    outcome: 'allowed',
    reason: at.reason,
    requestId: at.call.requestId,
  });
}
