// SPDX-License-Identifier: Apache-2.0
import { packRoutes } from '@countersign/contract';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { readablePack } from '../../records/index.ts';
import { adoptedPacks, packEffect, packHistory, wantedPacks } from '../../registry/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerPackRoutes(app: FastifyInstance, context: AppContext): void {
  const { workspace, now } = context;
  registerRoute(app, context, packRoutes.list, async () => ({
    packs: adoptedPacks(await context.records.current(), { workspace, now: now() }),
    notAdopted: wantedPacks(await context.records.current(), workspace),
  }));
  registerRoute(app, context, packRoutes.adoptedEffect, async ({ params }) => {
    const set = await context.records.current();
    const [after, before] = [...packHistory(set, params.pack)].reverse();
    if (after === undefined) {
      throw new ServerError('pack_unknown', `no framework pack \`${params.pack}\` is in force`);
    }
    const packs = { before: before?.pack, after: after.pack };
    return packEffect(set, packs, { workspace, now: now() });
  });
  registerRoute(app, context, packRoutes.effect, async ({ body }) => {
    const set = await context.records.current();
    const after = readablePack(set, body.pack);
    const before = packHistory(set, after.id).at(-1)?.pack;
    return packEffect(set, { before, after }, { workspace, now: now(), supposed: body.models });
  });
}
