// SPDX-License-Identifier: Apache-2.0
import { registersRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { committeesRegister, deputiesRegister, envelopesRegister } from '../../governance/index.ts';
import { registerRoute } from '../register-route.ts';

/** What stands beside single changes: envelopes, deputies, committees. */
export function registerRegistersRoutes(app: FastifyInstance, context: AppContext): void {
  const { workspace, now } = context;
  registerRoute(app, context, registersRoutes.envelopes, async () => {
    const set = await context.records.current();
    return { envelopes: envelopesRegister(set, { workspace, now: now() }) };
  });
  registerRoute(app, context, registersRoutes.deputies, async () => {
    const set = await context.records.current();
    return { deputations: deputiesRegister(set, now()) };
  });
  registerRoute(app, context, registersRoutes.committees, async () => {
    const set = await context.records.current();
    return { committees: committeesRegister(set) };
  });
}
