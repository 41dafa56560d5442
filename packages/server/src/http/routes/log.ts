// SPDX-License-Identifier: Apache-2.0
import { logRoutes } from '@countersign/contract';
import type { ProofBundle } from '@countersign/kernel';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { consistencyProofOf } from '../../ledger/index.ts';
import { assembleBundle, assembleTrust, mutable } from '../../records/index.ts';
import { registerPublicRoute, registerRoute } from '../register-route.ts';

export function registerLogRoutes(app: FastifyInstance, context: ServerContext): void {
  registerPublicRoute(app, logRoutes.checkpoint, async ({ reply }) =>
    sendFile(context, { path: 'checkpoint', type: 'text/plain; charset=utf-8', reply }),
  );
  registerPublicRoute(app, logRoutes.tile, async ({ params, reply }) =>
    sendFile(context, {
      path: `tile/${params['*']}`,
      type: 'application/octet-stream',
      isImmutable: true,
      reply,
    }),
  );
  registerPublicRoute(app, logRoutes.consistency, async ({ query: { from, to } }) => ({
    from,
    to,
    proof: [...(await consistencyProofOf(context.database.pool, from, to))],
  }));
  registerPublicRoute(app, logRoutes.status, async () => mutable(await context.status.current()));
  registerRoute(app, context, logRoutes.trust, async () =>
    bundleReply(await assembleTrust(context)),
  );
  registerRoute(app, context, logRoutes.bundle, async ({ params }) =>
    bundleReply(await assembleBundle(context, params.digest)),
  );
}

function bundleReply({ v, checkpoint, records }: ProofBundle) {
  return {
    v,
    checkpoint,
    records: records.map((record) => ({
      ...record,
      envelope: mutable(record.envelope),
      proof: [...record.proof],
    })),
  };
}

async function sendFile(
  context: ServerContext,
  file: {
    readonly path: string;
    readonly type: string;
    /** A tile never changes: a wider one has another name. */
    readonly isImmutable?: boolean;
    readonly reply: FastifyReply;
  },
): Promise<FastifyReply> {
  const bytes = await context.published.get(file.path);
  if (bytes === undefined) {
    throw new ServerError('log_file_unknown', `the log has published no \`${file.path}\``, {
      details: { field: 'params' },
    });
  }
  // Said of what is there alone: a cache that kept the absence of a tile would hide its entries for ever.
  if (file.isImmutable === true) {
    file.reply.header('cache-control', 'public, max-age=31536000, immutable');
  }
  return file.reply.type(file.type).send(Buffer.from(bytes));
}
