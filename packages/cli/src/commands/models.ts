// SPDX-License-Identifier: Apache-2.0
import { registryRoutes } from '@countersign/contract';
import { parseModelName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import { short, table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const models: Command = {
  name: 'models',
  summary: 'models with their owners and versions',
  example: 'countersign models',
  run: async (_input, session) => {
    const { models: found } = await session.client().call(registryRoutes.inventory);
    const rows = found.map(({ model, name, owner, versions, openFindings }) => [
      model,
      name,
      owner,
      versions,
      openFindings,
    ]);
    return done(
      found,
      ...orNone(table(['model', 'name', 'owner', 'versions', 'open findings'], rows)),
    );
  },
};

export const inventory: Command = {
  name: 'inventory',
  summary: 'every use of every model, with tier and stage',
  example: 'countersign inventory --json',
  run: async (_input, session) => {
    const { models: found } = await session.client().call(registryRoutes.inventory);
    const rows = found.flatMap(({ model, owner, uses }) =>
      uses.map(({ use, tier, fairLending, stage, versions }) => [
        model,
        use,
        tier ?? 'not tiered',
        fairLending === true ? 'fair lending' : '',
        stage,
        versions.map((one) => `${one.version} ${one.stage}`).join(', '),
        owner,
      ]),
    );
    return done(
      found,
      ...orNone(table(['model', 'use', 'tier', '', 'stage', 'versions', 'owner'], rows)),
    );
  },
};

export const versions: Command = {
  name: 'versions',
  summary: 'versions of a model with their stages',
  example: 'countersign versions consumer-credit',
  arguments: [{ name: 'model', summary: 'name of the model' }],
  run: (input, session) => listVersions(session, parseModelName(input.argument('model'))),
};

async function listVersions(session: Session, model: string): Promise<Outcome> {
  const { versions: found } = await session
    .client()
    .call(registryRoutes.versions, { params: { model } });
  const rows = found.map(({ version, stages, registeredOn, artifactDigest }) => [
    `${model}@${version}`,
    stages.map(({ use, stage }) => `${use}: ${stage}`).join(', '),
    registeredOn,
    short(artifactDigest),
  ]);
  return done(found, ...orNone(table(['version', 'stage', 'registered', 'artefact'], rows)));
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['none'] : lines;
}
