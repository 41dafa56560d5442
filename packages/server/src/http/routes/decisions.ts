// SPDX-License-Identifier: Apache-2.0
import { decisionsRoutes } from '@countersign/contract';
import type { Json } from '@countersign/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import {
  type IngestUpload,
  ingestActions,
  ingestOutcomes,
  listDecisions,
  readDecisionView,
} from '../../monitoring/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerDecisionsRoutes(app: FastifyInstance, context: AppContext): void {
  registerRoute(app, context, decisionsRoutes.list, async ({ query }) => ({
    decisions: await listDecisions(context, query),
  }));
  registerRoute(app, context, decisionsRoutes.get, async ({ params }) => {
    const { receipt, ...view } = await readDecisionView(context, params.id);
    return { ...view, receipt: receipt as unknown as Json }; // an interface of readonly members is JSON
  });
  registerRoute(app, context, decisionsRoutes.actions, ({ actor, request }) =>
    ingestActions(context, uploadOf(request, actor.account)),
  );
  registerRoute(app, context, decisionsRoutes.outcomes, ({ actor, request }) =>
    ingestOutcomes(context, uploadOf(request, actor.account)),
  );
}

function uploadOf(request: FastifyRequest, actor: string): IngestUpload {
  if (!(request.body instanceof Uint8Array)) {
    throw new ServerError('request_malformed', 'the rows are missing; send them as the body', {
      details: { field: 'body' },
    });
  }
  const isCsv = request.headers['content-type']?.startsWith('text/csv') === true;
  return { bytes: request.body, media: isCsv ? 'csv' : 'ndjson', actor };
}
