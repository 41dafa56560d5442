// SPDX-License-Identifier: Apache-2.0
import { blobRoutes } from '@countersign/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServerContext } from '../../context.ts';
import type { AccessQuestion } from '../../identity/index.ts';
import { isSealed, readableStored } from '../blob-access.ts';
import { bodyStream } from '../body-stream.ts';
import { limitBytes } from '../limit-bytes.ts';
import { registerRoute } from '../register-route.ts';
import { describeBlob, sendBlob } from '../send-blob.ts';
import { registerUploadsRoutes } from './uploads.ts';

/** Told of what goes wrong when an answer has begun. */
interface Watching {
  readonly onFailure?: (requestId: string, error: unknown) => void;
}

export function registerBlobsRoutes(
  app: FastifyInstance,
  context: ServerContext,
  { onFailure }: Watching,
): void {
  const asks = async (digest: string): Promise<readonly AccessQuestion[]> => [
    { action: 'blobs:read', sealed: await isSealed(context, digest) },
  ];
  registerRoute(app, context, blobRoutes.put, async ({ request }) => {
    const bytesMax = blobRoutes.put.bodyBytesMax ?? 0;
    await context.uploads.requireRoom(Math.min(lengthOf(request), bytesMax));
    return context.blobs.putStream(
      limitBytes(bodyStream(request, 'application/octet-stream'), bytesMax),
    );
  });
  registerRoute(
    app,
    context,
    blobRoutes.get,
    ({ params, request, reply }) =>
      sendBlob(context, { digest: params.digest, request, reply, onFailure }),
    ({ params }) => asks(params.digest),
  );
  registerRoute(
    app,
    context,
    blobRoutes.head,
    async ({ params, reply }) => {
      await describeBlob(context, { digest: params.digest, reply });
      return reply.send();
    },
    ({ params }) => asks(params.digest),
  );
  registerRoute(app, context, blobRoutes.missing, async ({ actor, body }) => {
    const stored = await readableStored(context, actor, body.digests);
    const open = new Map(context.uploads.openOf(actor.account).map((one) => [one.digest, one]));
    return {
      missing: body.digests
        .filter((digest) => !stored.has(digest))
        .map((digest) => {
          const { id, size, offset } = open.get(digest) ?? {};
          if (id === undefined || size === undefined || offset === undefined) return { digest };
          return { digest, upload: { id, size, offset } };
        }),
    };
  });
  registerUploadsRoutes(app, context);
}

function lengthOf(request: FastifyRequest): number {
  const length = Number(request.headers['content-length']);
  return Number.isSafeInteger(length) ? length : 0;
}
