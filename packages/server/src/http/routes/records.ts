// SPDX-License-Identifier: Apache-2.0
import { Readable } from 'node:stream';
import { recordRoutes } from '@countersign/contract';
import { type Envelope, type Json, parseEnvelope } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import type { AccessQuestion } from '../../identity/index.ts';
import {
  ingestRecords,
  listRecords,
  pendingView,
  readSent,
  recordProof,
  recordView,
  signPending,
} from '../../records/index.ts';
import { limitBytes } from '../limit-bytes.ts';
import { registerRoute } from '../register-route.ts';

export function registerRecordsRoutes(app: FastifyInstance, context: ServerContext): void {
  registerWriting(app, context);
  registerReading(app, context);
  registerBlobs(app, context);
}

function registerWriting(app: FastifyInstance, context: ServerContext): void {
  registerRoute(
    app,
    context,
    recordRoutes.post,
    async ({ actor, body }) => {
      const records = await ingestRecords(context, actor, body.envelopes.map(readEnvelope));
      await untilVisible(context, records);
      return { records: [...records] };
    },
    ({ body }) => body.envelopes.map((envelope) => asksToRecord(context, readEnvelope(envelope))),
  );
  registerRoute(
    app,
    context,
    recordRoutes.sign,
    async ({ actor, params, body }) => {
      const signed = await signPending(context, actor, {
        digest: params.digest,
        signature: body.signature as Signature,
      });
      await untilVisible(context, [signed]);
      return signed;
    },
    async ({ params }) => [
      asksToRecord(context, (await recordView(context, params.digest)).envelope as Envelope),
    ],
  );
}

const VISIBLE_MS = 10_000;

/**
 * Whoever has written a record sees it in what they ask next. It is safe already: past the bound the answer goes out
 * all the same, and the record becomes visible when the log comes round.
 */
async function untilVisible(
  context: ServerContext,
  records: readonly { readonly digest: string; readonly state: string }[],
): Promise<void> {
  for (const { digest, state } of records) {
    if (state === 'awaiting-signatures') continue;
    await context.checkpoints
      .waitForCheckpoint(digest, { timeoutMs: VISIBLE_MS })
      .catch((error: unknown) => {
        if (!(error instanceof ServerError && error.code === 'checkpoint_timeout')) throw error;
      });
  }
  // A key that was suspended a moment ago opens nothing more, and a new one what it should.
  await context.records.current();
}

type Signature = Envelope['signatures'][number];

/** The schema has checked members and types; the kernel's reader also refuses lax base64 and doubled keys. */
function readEnvelope(envelope: unknown): Envelope {
  return parseEnvelope(envelope as Json);
}

function asksToRecord(context: ServerContext, envelope: Envelope): AccessQuestion {
  const { type } = readSent(context, envelope).statement.predicate;
  return { action: 'records:write', recordType: type };
}

function registerReading(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, recordRoutes.get, ({ params }) => recordView(context, params.digest));
  registerRoute(app, context, recordRoutes.proof, ({ params }) =>
    recordProof(context, params.digest),
  );
  registerRoute(app, context, recordRoutes.list, ({ query }) => listRecords(context, query));
  registerRoute(app, context, recordRoutes.pending, () => pendingView(context));
}

function registerBlobs(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, recordRoutes.putBlob, async ({ request }) => {
    if (!(request.body instanceof Readable)) {
      throw new ServerError(
        'media_type_unsupported',
        'the bytes are sent as `application/octet-stream`',
      );
    }
    return context.blobs.putStream(
      limitBytes(request.body, recordRoutes.putBlob.bodyBytesMax ?? 0),
    );
  });
  registerRoute(
    app,
    context,
    recordRoutes.getBlob,
    async ({ params, reply }) => {
      if (!(await context.blobs.has(params.digest))) {
        throw new ServerError('blob_unknown', `no bytes ${params.digest} are stored here`, {
          details: { digest: params.digest },
        });
      }
      // Read through once before the first byte goes out: damage is then an answer, not a transfer that breaks off.
      const { size } = await context.blobs.check(params.digest);
      return reply
        .type('application/octet-stream')
        .header('content-length', size)
        .send(Readable.from(context.blobs.open(params.digest)));
    },
    async ({ params }) => [
      { action: 'blobs:read', sealed: await isSealed(context, params.digest) },
    ],
  );
}

/** Whether the bytes are a split that was sealed for the validator. */
async function isSealed(context: ServerContext, digest: string): Promise<boolean> {
  const set = await context.records.current();
  return set.records.some(({ statement: { predicate } }) => {
    if (predicate.type !== 'dataset-snapshot' || predicate.content.sealed !== true) return false;
    return predicate.content.contentDigest === digest;
  });
}
