// SPDX-License-Identifier: Apache-2.0
import { registryRoutes } from '@countersign/contract';
import {
  asOfIndex,
  enforcementGrade,
  originOfVersion,
  type RecordSet,
  versionContext,
  versionStage,
} from '@countersign/kernel';
import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ServerError } from '../../errors.ts';
import { countDecisions } from '../../monitoring/index.ts';
import { gateMemo, modelSet } from '../../records/index.ts';
import {
  evidenceStatus,
  inventory,
  inventoryGraph,
  inventoryModel,
  lineageOf,
  refuseUnknownModel,
  registeredVersions,
  sharedRisk,
  summaryOf,
  type VersionRef,
  versionPage,
} from '../../registry/index.ts';
import { registerRoute } from '../register-route.ts';

export function registerRegistryRoutes(app: FastifyInstance, context: AppContext): void {
  registerInventory(app, context);
  registerVersions(app, context);
}

type Models = ReturnType<typeof inventory>;

function registerInventory(app: FastifyInstance, context: AppContext): void {
  const { workspace } = context;
  // A page asks for list, graph and shared risk at once: of the same records in the same second they are one.
  let held:
    | { readonly of: RecordSet; readonly second: string; readonly models: Models }
    | undefined;
  const modelsAsOf = async (index: number | undefined): Promise<Models> => {
    const set = await recordsAsOf(context, index);
    const now = timeOf(context, set, index);
    const second = now.slice(0, 19);
    if (held?.of === set && held.second === second) return held.models;
    const models = inventory(set, { workspace, now });
    if (index === undefined) held = { of: set, second, models };
    return models;
  };
  registerRoute(app, context, registryRoutes.inventory, async ({ query }) => {
    return { models: await modelsAsOf(query.asOf) };
  });
  registerRoute(app, context, registryRoutes.inventoryGraph, async ({ query }) =>
    inventoryGraph(await modelsAsOf(query.asOf)),
  );
  registerRoute(app, context, registryRoutes.inventoryShared, async ({ query }) => ({
    shared: sharedRisk(await modelsAsOf(query.asOf)),
  }));
  registerRoute(app, context, registryRoutes.model, async ({ params, query }) => {
    const set = await recordsAsOf(context, query.asOf);
    refuseUnknownModel(set, workspace, params.model);
    const now = timeOf(context, set, query.asOf);
    return inventoryModel(set, params.model, { workspace, now });
  });
  registerRoute(app, context, registryRoutes.versions, async ({ params, query }) => {
    const set = await recordsAsOf(context, query.asOf);
    const { model } = params;
    refuseUnknownModel(set, workspace, model);
    const now = timeOf(context, set, query.asOf);
    const own = modelSet(set, workspace, model);
    const versions = registeredVersions(own, { workspace, model }).map((one) => ({
      ...standingOf(own, { workspace, model, version: one.version, use: one.uses[0] ?? '' }),
      version: one.version,
      artifactDigest: one.artifactDigest,
      artifact: one.artifact.digest,
      registeredOn: one.artifact.loggedAt,
      stages: one.uses.map((use) => ({
        use,
        stage:
          versionStage(
            own,
            { workspace, model, use, version: one.version },
            { now, gates: gateMemo(set) },
          ) ?? 'development',
      })),
    }));
    return { model, versions };
  });
}

function registerVersions(app: FastifyInstance, context: AppContext): void {
  const { workspace } = context;
  registerRoute(app, context, registryRoutes.version, async ({ params, query }) => {
    const set = await recordsAsOf(context, query.asOf);
    const now = timeOf(context, set, query.asOf);
    const page = versionPage(set, { workspace, ...params, use: query.use }, now);
    const decisions = query.asOf === undefined ? await countDecisions(context, params) : {};
    return { ...page, decisions };
  });
  registerRoute(app, context, registryRoutes.evidence, async ({ params, query }) => {
    const set = await recordsAsOf(context, query.asOf);
    const now = timeOf(context, set, query.asOf);
    const own = modelSet(set, workspace, params.model);
    const use = query.use ?? versionPage(own, { workspace, ...params }, now).use;
    const question = { now, framework: query.framework, reached: query.stage };
    return { frameworks: evidenceStatus(own, { workspace, ...params, use }, question) };
  });
  registerRoute(app, context, registryRoutes.lineage, async ({ params }) => {
    const set = await context.records.current();
    const record = set.byDigest.get(params.digest);
    if (record === undefined) {
      throw new ServerError('record_unknown', `no record ${params.digest} counts in the log`);
    }
    return { record: summaryOf(record), ...lineageOf(set, params.digest) };
  });
}

function standingOf(set: RecordSet, ref: VersionRef) {
  const found = versionContext(set, ref);
  // A number that was registered twice is nobody's version: nothing is shown of it but that.
  if (!found.ok) return { origin: 'built', enforcement: 'attested' } as const;
  return {
    origin: originOfVersion(set, found.context),
    enforcement: enforcementGrade(set, found.context),
  };
}

/** What was known at a log position, or now. */
async function recordsAsOf(context: AppContext, index: number | undefined): Promise<RecordSet> {
  const set = await context.records.current();
  return index === undefined ? set : asOfIndex(set, index);
}

/** The time that an earlier position is judged at: when its last record was logged. */
function timeOf(context: AppContext, set: RecordSet, index: number | undefined): string {
  return index === undefined ? context.now() : (set.records.at(-1)?.loggedAt ?? context.now());
}
