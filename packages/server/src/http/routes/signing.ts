// SPDX-License-Identifier: Apache-2.0
import { signingRoutes } from '@countersign/contract';
import { type Json, parseEnvelope, readRecord } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { ServerContext } from '../../context.ts';
import { keysNamedBy, pendingView } from '../../records/index.ts';
import { registerRoute } from '../register-route.ts';

/** What the signing pages need and no role is asked for: whoever is to hold a key accepts it before they hold any. */
export function registerSigningRoutes(app: FastifyInstance, context: ServerContext): void {
  registerRoute(app, context, signingRoutes.ownEnrolments, async ({ actor }) => {
    const { records } = await pendingView(context);
    return { records: records.filter((one) => isEnrolmentOf(context, one, actor.account)) };
  });
}

type Pending = Awaited<ReturnType<typeof pendingView>>['records'][number];

function isEnrolmentOf(context: ServerContext, { envelope }: Pending, account: string): boolean {
  const signed = parseEnvelope(envelope as unknown as Json); // the contract's envelope is JSON, which TypeScript does not see
  const record = readRecord(context.primitives, signed);
  return keysNamedBy(record).some(
    ({ holder }) => holder.kind === 'person' && holder.account === account,
  );
}
