// SPDX-License-Identifier: Apache-2.0
import { identityRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { listIdentities, SESSION_FRESH_SECONDS, unlinkIdentity } from '../../identity/index.ts';
import { recordEvent } from '../audit.ts';
import { type Actor, registerRoute } from '../register-route.ts';
import { browserCookie, named, oidcOf, originOf } from './oidc.ts';

/** Identities at the firm's provider that sign in as the caller. */
export function registerIdentityLinks(app: FastifyInstance, context: ServerContext): void {
  const { db } = context.database;
  registerRoute(app, context, identityRoutes.identities, async ({ actor }) => {
    const identities = await listIdentities(db, actor.user);
    return {
      identities: identities.map((one) => ({ ...one, linkedAt: one.linkedAt.toISOString() })),
    };
  });
  registerRoute(app, context, identityRoutes.linkIdentity, async (call) => {
    const { actor, body, request, reply } = call;
    refuseStale(context, actor);
    const begun = await oidcOf(context).begin({
      origin: originOf(context, request),
      returnTo: body?.callbackURL ?? '/',
      linkUser: actor.user,
    });
    reply.header('set-cookie', browserCookie(context, begun.browser));
    return { url: begun.url };
  });
  registerRoute(app, context, identityRoutes.unlinkIdentity, async (call) => {
    const { actor, params, requestId } = call;
    const identity = await unlinkIdentity(db, actor.user, params.id);
    await recordEvent(context, {
      account: actor.account,
      action: 'identity:unlink',
      subject: named(identity),
      outcome: 'allowed',
      reason: 'unlinked by its holder',
      requestId,
    });
    return { unlinked: params.id };
  });
}

/** What is linked outlives the session: a stolen one must not leave itself a way back in. */
function refuseStale(context: ServerContext, { via }: Actor): void {
  const age =
    via.kind === 'session' ? Date.parse(context.now()) - via.createdAt.getTime() : Infinity;
  if (age < SESSION_FRESH_SECONDS * 1_000) return;
  throw new ServerError(
    'session_not_fresh',
    'an identity is linked within a quarter of an hour of signing in; sign in again',
  );
}
