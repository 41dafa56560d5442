// SPDX-License-Identifier: Apache-2.0
import { asOfRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { gateMemo } from '../../records/index.ts';
import {
  lineageGraph,
  momentOf,
  productionAsOf,
  refuseUnknownModel,
} from '../../registry/index.ts';
import { registerRoute } from '../register-route.ts';

const STEPS = { given: 2, max: 16 };
const NODES = { given: 200, max: 2_000 };

export function registerAsOfRoutes(app: FastifyInstance, context: AppContext): void {
  const { workspace } = context;
  registerRoute(app, context, asOfRoutes.get, async ({ query }) => {
    const now = context.now();
    const date = momentOf(query.date, { now, field: 'query.date' });
    const known =
      query.known === undefined ? now : momentOf(query.known, { now, field: 'query.known' });
    const set = await context.records.current();
    if (query.model !== undefined) refuseUnknownModel(set, workspace, query.model);
    return productionAsOf(set, { workspace, date, known, model: query.model }, gateMemo(set));
  });
  registerRoute(app, context, asOfRoutes.graph, async ({ params, query }) => {
    const set = await context.records.current();
    if (!set.byDigest.has(params.digest)) {
      throw new ServerError('record_unknown', `no record ${params.digest} counts in the log`);
    }
    return lineageGraph(set, params.digest, {
      up: Math.min(query.up ?? STEPS.given, STEPS.max),
      down: Math.min(query.down ?? STEPS.given, STEPS.max),
      nodes: Math.max(1, Math.min(query.limit ?? NODES.given, NODES.max)),
    });
  });
}
