// SPDX-License-Identifier: Apache-2.0
import { recordRoutes, registryRoutes } from '@countersign/contract';
import { type Envelope, type Json, parseEnvelope } from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { runJob } from '../client/jobs.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';

export const modelsOnboard: Command = {
  name: 'models onboard',
  summary: 'a legacy warrant for a version that was in use before the firm came here',
  description:
    'Signs the request; the persons whom the policy names under `legacy` add their signatures with `countersign sign --add`. With --request, the platform signs the warrant at a request that is complete. It is a due date by tier, and lets nothing answer behind a gateway.',
  example: 'countersign models onboard vendor-score@1 --in-use-since 2019-04-01 --as omar.owner',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--in-use-since DATE', summary: 'as its inventory entry says, such as 2019-04-01' },
    { flags: '--use USE', summary: 'the use; the one it was registered for unless given' },
    { flags: '--request DIGEST', summary: 'a request that is signed by all' },
  ],
  run: runOnboard,
};

async function runOnboard(input: Input, session: Session): Promise<Outcome> {
  const { model, version } = parseVersionName(input.argument('version'));
  const given = input.optionalText('request');
  if (given !== undefined) return warrantAt(session, { model, given });
  const since = input.optionalText('in-use-since');
  if (since === undefined || !/^\d{4}-\d\d-\d\d$/.test(since))
    throw usage('`--in-use-since` must be a day', 'write it as in `2019-04-01`');
  const page = await session.client().call(registryRoutes.version, {
    params: { model, version },
    query: { use: input.optionalText('use') },
  });
  const { workspace } = session.profile();
  const { use, artifactDigest, enforcement } = page;
  const recorded = await signOne(session, {
    type: 'run-request',
    kind: 'onboard',
    scope: 'version',
    subjectRef: { workspace, model, use, version, artifactDigest },
    content: { job: 'onboard', params: { inUseSince: since } },
  });
  if (recorded.state === 'recorded') return warrantAt(session, { model, given: recorded.digest });
  return done(
    recorded,
    `${describeRecorded(recorded)}; enforcement grade ${enforcement}`,
    `then: countersign models onboard ${model}@${version} --request ${recorded.digest.slice(0, 12)}`,
  );
}

async function warrantAt(
  session: Session,
  { model, given }: { readonly model: string; readonly given: string },
): Promise<Outcome> {
  const client = session.client();
  const digest = await resolveDigest(client, given, { type: 'run-request', model });
  const { envelope } = await client.call(recordRoutes.get, { params: { digest } });
  const request: Envelope = parseEnvelope(envelope as Json);
  const result = await runJob(session, { kind: 'onboard', params: {}, request });
  return done(
    result,
    `legacy warrant ${String(result.warrant).slice(0, 12)} until ${String(result.expires)}, tier ${String(result.tier)}, enforcement grade ${String(result.enforcement)}`,
  );
}
