// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { blobRoutes, recordRoutes } from '@countersign/contract';
import { type Envelope, type Json, recordsOfType } from '@countersign/kernel';
import { isDigestPrefix, resolveDigest } from '../client/digests.ts';
import { runJob } from '../client/jobs.ts';
import { ownChallenger, ownTable } from '../client/own-files.ts';
import { type HashedContent, sendContents } from '../client/store-files.ts';
import { showTransfer } from '../client/transfer-progress.ts';
import { type VerifiedVersion, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { validationLines } from '../output/describe-validation.ts';
import { measurementLines } from '../output/measurements.ts';
import { validationPlanDraft } from '../papers/validation-plan-draft.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { personStatement } from '../signing/person-statement.ts';
import { signOne } from '../signing/sign-and-record.ts';
import { signRequest } from './run.ts';

export const validate: Command = {
  name: 'validate',
  summary: 'the validator’s own: replication, then the validator’s plan on rows nobody else read',
  description:
    'Signs the plan first unless it is signed already, then a request that counts as a look at the rows, whether or not it comes to an end. The rows are a sealed split, or with --data a file of your own: the request seals it before a byte is sent, so that from then on the platform gives it to auditors and to validate jobs alone.',
  example:
    'countersign validate consumer-credit@1 --data holdout.parquet --plan validator/own-plan.yaml --as vera.validator',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    {
      flags: '--plan FILE',
      summary: 'plan as YAML, or the digest of a signed plan',
      isRequired: true,
    },
    { flags: '--split SPLIT', summary: 'the sealed split, as the plan must name it' },
    {
      flags: '--data FILE',
      summary:
        'rows of your own as CSV or Parquet; the plan’s `data` names the dataset they are like',
    },
    {
      flags: '--challenger NAME=FILE',
      summary:
        'your own model on the same rows: its scores (id, score), or ONNX with the same inputs',
      isRepeated: true,
    },
    { flags: '--figures', summary: 'print every replicated figure' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
  ],
  run: runValidate,
};

async function runValidate(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const brought = await broughtFiles(input, session);
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
      content: {
        job: 'validate',
        params: { plan, version: version.context.version, ...brought.params },
      },
    },
    { account: session.account(), founding: session.root(), now: session.now() },
  );
  const request = await signRequest(session, statement);
  await sealAndSend(session, request, brought.files);
  const result = await runJob(session, { kind: 'validate', params: {}, request });
  return done(
    { ...result, plan },
    ...(await validationLines(session, result, { isWhole: input.flag('figures') })),
    '',
    ...(await measurementLines(session, result.records)),
  );
}

interface Brought {
  readonly params: { readonly [name: string]: Json };
  readonly files: readonly HashedContent[];
}

async function broughtFiles(input: Input, session: Session): Promise<Brought> {
  const path = input.optionalText('data');
  if (path !== undefined && input.optionalText('split') !== undefined) {
    throw usage('--data and --split exclude each other', 'give the one that the plan is for');
  }
  const data = path === undefined ? undefined : await ownTable(session, path);
  const challengers = [];
  for (const text of input.list('challenger')) challengers.push(await ownChallenger(session, text));
  const files = [...(data === undefined ? [] : [data]), ...challengers].map(({ from, named }) => ({
    from,
    digest: named.digest,
    size: named.size,
  }));
  return {
    params: {
      ...(data === undefined ? {} : { data: data.named }),
      ...(challengers.length === 0 ? {} : { challengers: challengers.map(({ named }) => named) }),
    },
    files: [...new Map(files.map((file) => [file.digest, file])).values()],
  };
}

/** The request is recorded before its bytes are sent: they are sealed from the first moment that they lie there. */
async function sealAndSend(
  session: Session,
  request: Envelope,
  files: readonly HashedContent[],
): Promise<void> {
  if (files.length === 0) return;
  await session.client().call(recordRoutes.post, { body: { envelopes: [request] } });
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const progress = showTransfer(session, 'sending rows', bytes);
  await sendContents(session.client(), files, progress);
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
