// SPDX-License-Identifier: Apache-2.0
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
import { registerRoute } from '../register-route.ts';

export function registerRecordsRoutes(app: FastifyInstance, context: ServerContext): void {
  registerWriting(app, context);
  registerReading(app, context);
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
