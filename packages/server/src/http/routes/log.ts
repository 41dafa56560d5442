// SPDX-License-Identifier: Apache-2.0
import { logRoutes } from '@countersign/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { consistencyProofOf } from '../../ledger/index.ts';
import { assembleBundle, mutable } from '../../records/index.ts';
import { registerPublicRoute, registerRoute } from '../register-route.ts';

export function registerLogRoutes(app: FastifyInstance, context: ServerContext): void {
  registerPublicRoute(app, logRoutes.checkpoint, async ({ reply }) =>
    sendFile(context, { path: 'checkpoint', type: 'text/plain; charset=utf-8', reply }),
  );
  registerPublicRoute(app, logRoutes.tile, async ({ params, reply }) =>
    sendFile(context, {
      path: `tile/${params['*']}`,
      type: 'application/octet-stream',
      // A tile never changes: a wider one has another name.
      reply: reply.header('cache-control', 'public, max-age=31536000, immutable'),
    }),
  );
  registerPublicRoute(app, logRoutes.consistency, async ({ query: { from, to } }) => ({
    from,
    to,
    proof: [...(await consistencyProofOf(context.database.pool, from, to))],
  }));
  registerPublicRoute(app, logRoutes.status, async () => mutable(await context.status.current()));
  registerRoute(app, context, logRoutes.bundle, async ({ params }) => {
    const { v, checkpoint, records } = await assembleBundle(context, params.digest);
    return {
      v,
      checkpoint,
      records: records.map((record) => ({
        ...record,
        envelope: mutable(record.envelope),
        proof: [...record.proof],
      })),
    };
  });
}

async function sendFile(
  context: ServerContext,
  file: { readonly path: string; readonly type: string; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const bytes = await context.published.get(file.path);
  if (bytes === undefined) {
    throw new ServerError('log_file_unknown', `the log has published no \`${file.path}\``, {
      details: { field: 'params' },
    });
  }
  return file.reply.type(file.type).send(Buffer.from(bytes));
}
