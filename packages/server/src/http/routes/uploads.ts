// SPDX-License-Identifier: Apache-2.0
import {
  AppendHeaders,
  blobRoutes,
  CreationHeaders,
  TUS_EXTENSIONS,
  TUS_MEDIA_TYPE,
  TUS_VERSION,
  type UploadReply,
} from '@countersign/contract';
import type { Upload } from '@countersign/pipeline';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { readableStored } from '../blob-access.ts';
import { bodyStream } from '../body-stream.ts';
import { type Actor, registerPublicRoute, registerRoute } from '../register-route.ts';
import { readPart } from '../validate.ts';

/** Answers come within a client's patience; hashing 100 GB after a restart takes longer and goes on behind them. */
const SETTLE_MS = 10_000;

/**
 * tus 1.0.0 (https://tus.io/protocols/resumable-upload) with creation, expiration and termination. The whole is named by
 * its SHA-256 when the upload is opened, in the metadata, and only the bytes of that name become a blob.
 */
export function registerUploadsRoutes(app: FastifyInstance, context: ServerContext): void {
  const { uploads } = context;
  registerPublicRoute(app, blobRoutes.uploads, async ({ reply }) =>
    reply
      .status(204)
      .headers({
        'tus-resumable': TUS_VERSION,
        'tus-version': TUS_VERSION,
        'tus-extension': TUS_EXTENSIONS,
        'tus-max-size': uploads.limits.bytesMax,
      })
      .send(),
  );
  registerRoute(app, context, blobRoutes.create, async ({ actor, request, reply }) => {
    requireTus(request, reply);
    const upload = await createUpload(context, actor, request);
    reply.status(201).headers({ location: `/v1/uploads/${upload.id}`, ...stateOf(upload) });
    return replyOf(upload);
  });
  registerRoute(app, context, blobRoutes.upload, async ({ actor, params }) =>
    replyOf(await uploads.find(actor.account, params.id, SETTLE_MS)),
  );
  registerRoute(app, context, blobRoutes.offset, async ({ actor, params, request, reply }) => {
    requireTus(request, reply);
    const upload = await uploads.find(actor.account, params.id, SETTLE_MS);
    return reply.headers({ ...stateOf(upload), 'upload-length': upload.size }).send();
  });
  registerRoute(app, context, blobRoutes.append, async ({ actor, params, request, reply }) => {
    requireTus(request, reply);
    const { 'upload-offset': offset } = readPart(AppendHeaders, request.headers, 'headers');
    const { account } = actor;
    const at = { account, id: params.id, offset, settleMs: SETTLE_MS };
    const upload = await uploads.append(at, bodyStream(request, TUS_MEDIA_TYPE));
    return reply.status(204).headers(stateOf(upload)).send();
  });
  registerRoute(app, context, blobRoutes.remove, async ({ actor, params, request, reply }) => {
    requireTus(request, reply);
    await uploads.remove(actor.account, params.id);
    return reply.status(204).send();
  });
}

/** @throws ServerError `tus_version_unsupported` */
function requireTus(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('tus-resumable', TUS_VERSION);
  if (request.headers['tus-resumable'] === TUS_VERSION) return;
  reply.header('tus-version', TUS_VERSION);
  throw new ServerError(
    'tus_version_unsupported',
    `\`Tus-Resumable\` must be ${TUS_VERSION}, the version of tus that is spoken here`,
    { details: { field: 'headers.tus-resumable' } },
  );
}

/** What is here already, and may be read by who asks, needs no bytes. */
async function createUpload(
  context: ServerContext,
  actor: Actor,
  request: FastifyRequest,
): Promise<Upload> {
  const { uploads, blobs } = context;
  const headers = readPart(CreationHeaders, request.headers, 'headers');
  const digest = digestIn(headers['upload-metadata']);
  const wanted = { account: actor.account, digest, size: headers['upload-length'] };
  const stored = await readableStored(context, actor, [digest]);
  if (!stored.has(digest)) return uploads.create(wanted);
  const standing = await blobs.standing(digest);
  if (standing !== undefined && standing.size !== wanted.size) {
    throw new ServerError(
      'request_malformed',
      `\`headers.upload-length\`: the bytes ${digest} are ${standing.size} long, not ${wanted.size}`,
      { details: { field: 'headers.upload-length' } },
    );
  }
  return standing === undefined ? uploads.create(wanted) : uploads.known(wanted);
}

/** `Upload-Metadata: sha256 <base64>,name <base64>`, of which the first is needed and others are let be. */
function digestIn(metadata: string): string {
  const pairs = metadata.split(',').map((pair) => pair.trim().split(' '));
  const [, encoded = ''] = pairs.find(([key]) => key === 'sha256') ?? [];
  const digest = Buffer.from(encoded, 'base64').toString('latin1');
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new ServerError(
    'request_malformed',
    '`headers.upload-metadata`: holds no `sha256` with the base64 of a SHA-256 in lower-case hex',
    { details: { field: 'headers.upload-metadata' } },
  );
}

function stateOf({ offset, expires }: Upload) {
  return { 'upload-offset': offset, 'upload-expires': new Date(expires).toUTCString() };
}

function replyOf({ id, digest, size, offset, state, expires }: Upload): UploadReply {
  return { id, digest, size, offset, state, expires: new Date(expires).toISOString() };
}
