// SPDX-License-Identifier: Apache-2.0
import { sessionRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { endSession, endSessions, listSessions, type OpenSession } from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { type Call, registerRoute } from '../register-route.ts';

export function registerSessionsRoutes(app: FastifyInstance, context: ServerContext): void {
  const { db } = context.database;
  registerRoute(app, context, sessionRoutes.list, async ({ actor }) => {
    const sessions = await listSessions(db, actor.user, Date.parse(context.now()));
    return { sessions: sessions.map((one) => present(one, one.id === actor.via.id)) };
  });
  registerRoute(app, context, sessionRoutes.end, async (call) => {
    const { actor, params } = call;
    await endSession(db, actor.user, params.id);
    await audit(context, call, 'ended a session of their own');
    return { ended: 1 };
  });
  registerRoute(app, context, sessionRoutes.endOthers, async (call) => {
    const ended = await endSessions(db, call.actor.user, call.actor.via.id);
    await audit(context, call, `ended ${ended} other sessions of their own`);
    return { ended };
  });
}

function present(session: OpenSession, current: boolean) {
  return {
    id: session.id,
    current,
    createdAt: session.createdAt.toISOString(),
    lastUsedAt: session.lastUsedAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    address: session.address ?? null,
    userAgent: session.userAgent ?? null,
    signedInBy: session.signedInBy,
  };
}

function audit(
  context: ServerContext,
  { actor, requestId }: Pick<Call, 'actor' | 'requestId'>,
  reason: string,
): Promise<void> {
  return recordEvent(context, {
    account: actor.account,
    action: 'session:end',
    outcome: 'allowed',
    reason,
    requestId,
  });
}
