// SPDX-License-Identifier: Apache-2.0
import { policyRoutes } from '@countersign/contract';
import { type Json, parseEnvelope, readPolicy, readRecord } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { policyEffect, policyHistory, policyInForce } from '../../governance/index.ts';
import { recordView } from '../../records/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerPolicyRoutes(app: FastifyInstance, context: AppContext): void {
  const { workspace, now } = context;
  registerRoute(app, context, policyRoutes.inForce, async ({ query }) =>
    policyInForce(await context.records.current(), query.kind),
  );
  registerRoute(app, context, policyRoutes.history, async ({ query }) => ({
    versions: policyHistory(await context.records.current(), query.kind),
  }));
  registerRoute(app, context, policyRoutes.pendingEffect, async ({ query }) => {
    const policy = await writtenPolicy(context, query.digest);
    return policyEffect(await context.records.current(), policy, { workspace, now: now() });
  });
  registerRoute(app, context, policyRoutes.effect, async ({ body }) => {
    const policy = readPolicy(body.policy);
    return policyEffect(await context.records.current(), policy, { workspace, now: now() });
  });
}

/** The policy of a record that was signed, or that still awaits a signature. */
async function writtenPolicy(context: AppContext, digest: string) {
  const { envelope } = await recordView(context, digest);
  // Of the shape that the reply's schema names; read again strictly.
  const record = readRecord(context.primitives, parseEnvelope(envelope as unknown as Json));
  const { predicate } = record.statement;
  if (predicate.type === 'policy-document' && predicate.kind === 'promotion-policy') {
    return readPolicy(predicate.content.policy, 'content.policy');
  }
  throw new ServerError(
    'policy_unknown',
    `record ${digest.slice(0, 12)} is a ${predicate.type}, no promotion policy; see \`countersign inbox\` for what awaits signatures`,
    { details: { digest } },
  );
}
