// SPDX-License-Identifier: Apache-2.0
import { discussionRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { discussionView, postRemark } from '../../discussion/index.ts';
import { type Actor, registerRoute } from '../register-route.ts';

export function registerDiscussionRoutes(app: FastifyInstance, context: AppContext): void {
  registerRoute(app, context, discussionRoutes.read, async ({ actor, params }) => {
    const set = await context.records.current();
    const { account } = actor;
    return discussionView(set, params.digest, { account, mayWrite: mayWrite(context, actor) });
  });
  registerRoute(app, context, discussionRoutes.post, ({ actor, params, body }) =>
    postRemark(context, params.digest, { account: actor.account, via: actor.via.kind, body }),
  );
}

function mayWrite(context: AppContext, actor: Actor): boolean {
  return context.access.decide(actor, { action: 'changes:discuss' }).allowed;
}
