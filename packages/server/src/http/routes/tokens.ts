// SPDX-License-Identifier: Apache-2.0
import { tokenRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { createToken, listTokens, revokeToken, type Token } from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { registerRoute } from '../register-route.ts';

const DAYS = 90;

export function registerTokensRoutes(app: FastifyInstance, context: ServerContext): void {
  const { db } = context.database;
  registerRoute(app, context, tokenRoutes.list, async ({ actor }) => ({
    tokens: (await listTokens(db, actor.user)).map(present),
  }));
  registerRoute(app, context, tokenRoutes.create, async ({ actor, body, requestId }) => {
    const { name, scopes, expiresInDays = DAYS } = body;
    const wanted = { user: actor.user, name, scopes, expiresInDays };
    const made = await createToken(db, context.identity.auth, wanted);
    await recordEvent(context, {
      account: actor.account,
      action: 'token:create',
      subject: made.id,
      outcome: 'allowed',
      reason: `made API token \`${name}\` with ${made.scopes.join(', ')} for ${expiresInDays} days`,
      requestId,
    });
    return { ...present(made), token: made.token };
  });
  registerRoute(app, context, tokenRoutes.revoke, async ({ actor, params, requestId }) => {
    const { name } = await revokeToken(db, actor.user, params.id);
    await recordEvent(context, {
      account: actor.account,
      action: 'token:revoke',
      subject: params.id,
      outcome: 'allowed',
      reason: `revoked API token \`${name}\``,
      requestId,
    });
    return { revoked: params.id };
  });
}

function present(token: Token) {
  return {
    id: token.id,
    name: token.name,
    start: token.start,
    scopes: [...token.scopes],
    createdAt: token.createdAt.toISOString(),
    lastUsedAt: token.lastUsedAt?.toISOString() ?? null,
    expiresAt: token.expiresAt?.toISOString() ?? null,
  };
}
