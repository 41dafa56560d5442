// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { blobRoutes } from '@countersign/contract';
import {
  PAYLOAD_TYPE_STATEMENT,
  type Statement,
  signEnvelope,
  statementBytes,
} from '@countersign/kernel';
import {
  type BlobStore,
  executeRun,
  openFileBlobStore,
  PIPELINE_FILE,
  parsePipelineFile,
  planSteps,
  type RunEvent,
  type RunResult,
} from '@countersign/pipeline';
import { runJob } from '../client/jobs.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { readRepository } from '../papers/pipeline-facts.ts';
import type { Session } from '../session.ts';
import { describeStatement } from '../signing/describe-statement.ts';
import { personStatement } from '../signing/person-statement.ts';
import { archiveCheckout } from '../source/archive-checkout.ts';

export const run: Command = {
  name: 'run',
  summary: 'execute the pipeline of a model’s repository',
  description:
    'Without --remote the run is a draft: executed here, registered nowhere, refused at submit. With --remote the commit is archived, a run-request is signed, and a worker of the platform executes it and registers a version.',
  example: 'countersign run ./consumer-credit --remote --as dana.developer',
  arguments: [
    { name: 'dir', summary: 'repository; the current directory unless given', isOptional: true },
  ],
  options: [
    { flags: '--remote', summary: 'on the platform’s worker: the run that can be promoted' },
    { flags: '--dry-run', summary: 'read the pipeline file and say what would be executed' },
  ],
  run: runRun,
};

async function runRun(input: Input, session: Session): Promise<Outcome> {
  const directory = resolve(session.cwd, input.optionalArgument('dir') ?? '.');
  if (input.flag('dry-run')) return dryRun(directory);
  return input.flag('remote') ? remoteRun(session, directory) : draftRun(session, directory);
}

async function dryRun(directory: string): Promise<Outcome> {
  const facts = readRepository(directory);
  const file = join(directory, PIPELINE_FILE);
  const document = parsePipelineFile(await readFile(file, 'utf8'), file);
  const steps = planSteps(document).map(({ name, step }) => ({ name, command: step.run }));
  return done(
    { model: facts.model, use: facts.use, datasets: facts.datasets, steps },
    `${facts.model} for ${facts.use ?? 'a use named at the request'}`,
    ...steps.map(({ name, command }) => `  ${name}: ${command}`),
  );
}

async function remoteRun(session: Session, directory: string): Promise<Outcome> {
  const facts = readRepository(directory);
  session.progress('archiving the commit');
  const { commit, bundle } = await archiveCheckout(directory);
  const client = session.client();
  const stored = await client.call(blobRoutes.put, {
    body: bundle,
    contentType: 'application/octet-stream',
  });
  const { workspace } = session.profile();
  const statement = personStatement(
    {
      type: 'run-request',
      kind: 'run',
      scope: 'model',
      subjectRef: {
        workspace,
        model: facts.model,
        ...(facts.use === undefined ? {} : { use: facts.use }),
      },
      blobs: [stored.digest],
      content: { job: 'run', commit, bundle: stored.digest, params: {} },
    },
    { account: session.account(), founding: session.root(), now: session.now() },
  );
  const request = await signRequest(session, statement);
  const result = await runJob(session, { kind: 'run', params: { model: facts.model }, request });
  const version = `${facts.model}@${String(result.version)}`;
  return done(
    result,
    `registered ${version} from commit ${commit.slice(0, 12)} with ${result.records.length} records`,
  );
}

export async function signRequest(session: Session, statement: Statement) {
  for (const line of describeStatement(statement)) session.io.err(line);
  return signEnvelope(PAYLOAD_TYPE_STATEMENT, statementBytes(statement), [await session.signer()]);
}

async function draftRun(session: Session, directory: string): Promise<Outcome> {
  const cacheDir = join(session.io.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'countersign');
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-run-'));
  try {
    const blobs: BlobStore = openFileBlobStore(join(cacheDir, 'drafts'));
    const result = await executeRun({
      source: { checkout: directory },
      workDir: scratch,
      cacheDir,
      blobs,
      draft: true,
      callerEnvironment: session.io.env,
      now: () => session.io.now(),
      onEvent: (event) => session.progress(describeEvent(event)),
      ...(session.io.signal === undefined ? {} : { signal: session.io.signal }),
    });
    return describeDraft(result);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function describeDraft(result: RunResult): Outcome {
  const { failure, artifact, source } = result;
  if (failure !== null) {
    const place = failure.step ?? failure.dataset;
    return refused(
      result,
      `${failure.code}: ${place === null ? '' : `\`${place}\`: `}${failure.message}`,
    );
  }
  return done(
    result,
    `draft run of commit ${source.commit.slice(0, 12)}: ${result.steps.length} steps, ${result.snapshots.length} snapshots`,
    artifact === null ? 'no artefact is declared' : `artefact ${artifact.file} ${artifact.digest}`,
    'a draft cannot be promoted: run it with --remote',
  );
}

function describeEvent(event: RunEvent): string {
  switch (event.type) {
    case 'phase':
      return event.text;
    case 'step-started':
      return `${event.step}: ${event.command}`;
    case 'step-log':
      return `${event.step} | ${event.text}`;
    case 'step-ended':
      return `${event.step}: exit ${event.exit ?? 'by time limit'}`;
    case 'snapshot-taken':
      return `${event.dataset}: ${event.rows} rows`;
  }
}
