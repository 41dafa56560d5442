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
    const rows = found.map(
      ({ model, name, owner, origin, enforcement, versions, openFindings }) => [
        model,
        name,
        owner,
        origin,
        enforcement,
        versions,
        openFindings,
      ],
    );
    return done(
      found,
      ...orNone(
        table(['model', 'name', 'owner', 'origin', 'grade', 'versions', 'open findings'], rows),
      ),
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
  const rows = found.map(
    ({ version, stages, registeredOn, artifactDigest, origin, enforcement }) => [
      `${model}@${version}`,
      origin,
      enforcement,
      stages.map(({ use, stage }) => `${use}: ${stage}`).join(', '),
      registeredOn,
      short(artifactDigest),
    ],
  );
  return done(
    found,
    ...orNone(table(['version', 'origin', 'grade', 'stage', 'registered', 'artefact'], rows)),
  );
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['none'] : lines;
}
