// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { blobRoutes } from '@countersign/contract';
import { recordsOfType } from '@countersign/kernel';
import { isDigestPrefix, resolveDigest } from '../client/digests.ts';
import { runJob } from '../client/jobs.ts';
import { type VerifiedVersion, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { validationPlanDraft } from '../papers/validation-plan-draft.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { personStatement } from '../signing/person-statement.ts';
import { signOne } from '../signing/sign-and-record.ts';
import { jobLines } from './measure.ts';
import { signRequest } from './run.ts';

export const validate: Command = {
  name: 'validate',
  summary: 'the validator’s own: replication, then the validator’s plan on sealed rows',
  description:
    'Signs the plan first unless it is signed already, then a request that counts as a look at the sealed rows, whether or not it comes to an end.',
  example:
    'countersign validate consumer-credit@1 --split applications.holdout --plan validator/plan.yaml --as vera.validator',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    {
      flags: '--plan FILE',
      summary: 'plan as YAML, or the digest of a signed plan',
      isRequired: true,
    },
    { flags: '--split SPLIT', summary: 'the sealed split, as the plan must name it' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
  ],
  run: runValidate,
};

async function runValidate(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const version = await verifiedVersion(session, name, input.optionalText('use'));
  const plan = await signedPlan(input, session, version);
  const { workspace, model, use, artifactDigest } = version.context;
  const statement = personStatement(
    {
      type: 'run-request',
      kind: 'validate',
      scope: 'version',
      producer: 'validation',
      subjectRef: { workspace, model, use, version: version.context.version, artifactDigest },
      source: [plan],
      content: { job: 'validate', params: { plan, version: version.context.version } },
    },
    { account: session.account(), founding: session.root(), now: session.now() },
  );
  const request = await signRequest(session, statement);
  const result = await runJob(session, { kind: 'validate', params: {}, request });
  return done({ ...result, plan }, ...(await jobLines(session, 'validate', result)));
}

/** The digest of the signed plan: an earlier signature of the same text counts, so that a second look is not a second plan. */
async function signedPlan(
  input: Input,
  session: Session,
  version: VerifiedVersion,
): Promise<string> {
  const file = input.text('plan');
  if (isDigestPrefix(file)) return resolveDigest(session.client(), file, { type: 'test-plan' });
  const text = readTextFile(session.cwd, file);
  const { workspace, model, use } = version.context;
  const draft = validationPlanDraft(file, text, {
    target: { model, use, version: version.context.version },
    workspace,
    account: session.account(),
    now: session.now(),
  });
  if (draft === undefined)
    throw usage(`\`${file}\` is no validation plan: it lacks \`phase\` and \`testing\``);
  refuseOtherData(input, draft.content, file);
  const earlier = earlierPlan(version, text);
  if (earlier !== undefined) return earlier;
  await session.client().call(blobRoutes.put, {
    body: new TextEncoder().encode(text),
    contentType: 'application/octet-stream',
  });
  return (await signOne(session, draft)).digest;
}

function refuseOtherData(input: Input, content: object, file: string): void {
  const data = input.optionalText('split');
  if (data === undefined) return;
  const plan = 'plan' in content ? content.plan : undefined;
  const named = typeof plan === 'object' && plan !== null && 'data' in plan ? plan.data : undefined;
  if (named === data) return;
  throw new CliError(
    'refused',
    `the plan in \`${file}\` is for \`${String(named)}\`, not \`${data}\``,
  );
}

function earlierPlan({ set, context }: VerifiedVersion, text: string): string | undefined {
  const digest = createHash('sha256').update(text, 'utf8').digest('hex');
  return recordsOfType(set, 'test-plan').findLast(({ statement: { predicate } }) => {
    const { model, version } = predicate.subjectRef;
    return (
      model === context.model &&
      version === context.version &&
      predicate.blobs?.includes(digest) === true
    );
  })?.digest;
}
