// SPDX-License-Identifier: Apache-2.0
import { enforcementRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { summariseWarrant } from '../../governance/index.ts';
import { mutable } from '../../records/index.ts';
import { registerPublicRoute, registerRoute } from '../register-route.ts';

/** Of the published directory what a check of warrants reads. Its record bundles and artefacts are for those with a duty. */
const FEED =
  /^(status|trust|bundles\/[0-9a-f]{64}|tile\/\d{1,2}\/(x\d{3}\/){0,8}\d{3}(\.p\/\d{1,3})?)$/;

export function registerEnforcementRoutes(app: FastifyInstance, context: ServerContext): void {
  registerPublicRoute(app, enforcementRoutes.feed, async ({ params, reply }) => {
    const path = params['*'];
    const bytes = FEED.test(path) ? await context.published.get(path) : undefined;
    if (bytes === undefined) {
      throw new ServerError('log_file_unknown', `the feed has no \`${path}\``, {
        details: { field: 'params' },
      });
    }
    const type = path.startsWith('tile/') ? 'application/octet-stream' : 'application/json';
    return reply.type(type).send(Buffer.from(bytes));
  });
  registerRoute(app, context, enforcementRoutes.summary, async ({ params }) =>
    mutable(await summariseWarrant(context, params.digest)),
  );
}
