// SPDX-License-Identifier: Apache-2.0
import { retentionRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import {
  carryOutSweep,
  explainThing,
  holdRegister,
  planRetention,
  saveRetentionPlan,
  subjectOf,
} from '../../retention/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerRetentionRoutes(app: FastifyInstance, context: AppContext): void {
  registerRoute(app, context, retentionRoutes.plan, async ({ query }) => {
    const { reply } = await planRetention(context, query);
    return reply;
  });
  registerRoute(app, context, retentionRoutes.save, ({ body }) => saveRetentionPlan(context, body));
  registerRoute(app, context, retentionRoutes.explain, ({ params, query }) =>
    explainThing(context, { id: params.id, at: query.at }),
  );
  registerRoute(app, context, retentionRoutes.holds, ({ query }) => holdRegister(context, query));
  registerRoute(app, context, retentionRoutes.subject, ({ body }) => subjectOf(context, body.key));
  registerRoute(app, context, retentionRoutes.sweep, ({ params }) =>
    carryOutSweep(context, params.digest),
  );
}
