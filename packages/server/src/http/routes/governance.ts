// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes } from '@countersign/contract';
import { type Json, statementBytes, toBase64 } from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import {
  approvalsOf,
  changeRequestsPage,
  changeRequestView,
  eSignatureOf,
  findChangeRequest,
  inbox,
  listWarrants,
  prepareChangeRequest,
  promote,
} from '../../governance/index.ts';
import { summaryOf } from '../../registry/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerGovernanceRoutes(app: FastifyInstance, context: AppContext): void {
  registerChangeRequests(app, context);
  registerRegisters(app, context);
}

function registerChangeRequests(app: FastifyInstance, context: AppContext): void {
  const { workspace, primitives, now } = context;
  registerRoute(app, context, governanceRoutes.prepare, async ({ actor, body }) => {
    const set = await context.records.current();
    const at = { actor: actor.account, now: now() };
    const prepared = prepareChangeRequest(primitives, set, { workspace, ...body }, at);
    return {
      payload: toBase64(statementBytes(prepared.statement)),
      statement: json(prepared.statement),
      digest: prepared.digest,
      verdict: prepared.verdict,
      ...(prepared.changes === undefined ? {} : { changes: prepared.changes }),
    };
  });
  registerRoute(app, context, governanceRoutes.list, async ({ query }) => {
    const set = await context.records.current();
    return changeRequestsPage(set, { ...query, now: now() });
  });
  registerRoute(app, context, governanceRoutes.get, async ({ params }) => {
    const set = await context.records.current();
    const {
      request: _request,
      approvals: _approvals,
      ...view
    } = changeRequestView(set, params.digest, now());
    const approvals = approvalsOf(set, params.digest).map((record) => {
      const signature = eSignatureOf(record);
      return {
        ...summaryOf(record),
        ...(signature === undefined ? {} : { signature: json(signature) }),
      };
    });
    const { statement } = findChangeRequest(set, params.digest);
    return { ...view, statement: json(statement), approvals };
  });
  registerRoute(app, context, governanceRoutes.promote, async ({ actor, params }) => {
    const promotion = await promote(context, params.digest, actor.account);
    if (!promotion.ok) {
      const { missing } = promotion;
      const count = `${missing.length} thing${missing.length === 1 ? '' : 's'}`;
      throw new ServerError('promotion_refused', `${count} missing: ${missing.join('; ')}`, {
        details: { missing },
      });
    }
    const { digest, warrant, minted } = promotion;
    return { digest, warrant: json(warrant), minted };
  });
}

function registerRegisters(app: FastifyInstance, context: AppContext): void {
  const { workspace, now } = context;
  registerRoute(app, context, governanceRoutes.inbox, async ({ actor }) => {
    const set = await context.records.current();
    const { account, roles } = actor;
    return { items: inbox(set, { workspace, account, roles, now: now() }) };
  });
  registerRoute(app, context, governanceRoutes.warrants, async ({ query }) => {
    const live = query.live === undefined ? undefined : query.live === 'true';
    const set = await context.records.current();
    const warrants = listWarrants(set, { workspace, now: now(), model: query.model, live });
    return { warrants };
  });
}

/** Interfaces of readonly members are JSON, which TypeScript cannot see. */
function json(value: object): Json {
  return value as Json;
}
