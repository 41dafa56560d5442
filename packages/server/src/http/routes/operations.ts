// SPDX-License-Identifier: Apache-2.0
import { operationsRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { openApiDocument } from '../open-api.ts';
import { registerPublicRoute } from '../register-route.ts';

export function registerOperationsRoutes(app: FastifyInstance, context: ServerContext): void {
  registerPublicRoute(app, operationsRoutes.healthz, async () => ({ status: 'ok' as const }));
  registerPublicRoute(app, operationsRoutes.readyz, async () => {
    const covered = await context.records.checkpointed();
    if (covered === undefined) {
      throw new ServerError(
        'log_unavailable',
        'no checkpoint of the log has been published yet; try again in a second',
      );
    }
    return { status: 'ok' as const };
  });
  const document = JSON.stringify(openApiDocument());
  registerPublicRoute(app, operationsRoutes.openApi, async ({ reply }) =>
    reply.type('application/json; charset=utf-8').send(document),
  );
}
