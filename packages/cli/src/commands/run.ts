// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  PAYLOAD_TYPE_STATEMENT,
  type Statement,
  signEnvelope,
  statementBytes,
} from '@countersign/kernel';
import {
  DRAFT_BUILDER,
  executeRun,
  forecastRun,
  openFileBlobStore,
  type RunResult,
  slsaProvenance,
} from '@countersign/pipeline';
import { runJob } from '../client/jobs.ts';
import { storeFiles } from '../client/store-files.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import { describeDraftFindings } from '../output/describe-draft-findings.ts';
import { describeForecast, mermaidOf } from '../output/describe-forecast.ts';
import { runProgress } from '../output/run-progress.ts';
import { readRepository } from '../papers/pipeline-facts.ts';
import { draftCache, openRunFolder } from '../runs/run-folder.ts';
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
    {
      flags: '--dry-run',
      summary:
        'say what would run, what is unchanged since when, what changed, and what would be fetched',
    },
    { flags: '--graph', summary: 'with --dry-run: the steps as a Mermaid flowchart' },
    {
      flags: '--cores N',
      summary: 'cores that steps side by side may take together; those of the machine unless given',
    },
    { flags: '--no-cache', summary: 'execute every step, also those that did not change' },
    { flags: '--verbose', summary: 'show what the steps print' },
  ],
  run: runRun,
};

async function runRun(input: Input, session: Session): Promise<Outcome> {
  const directory = resolve(session.cwd, input.optionalArgument('dir') ?? '.');
  if (input.flag('dry-run')) return dryRun(input, session, directory);
  if (input.flag('graph')) throw usage('`--graph` draws a forecast', 'add --dry-run');
  if (input.count('cores') === 0) throw usage('`--cores` must be at least 1');
  return input.flag('remote')
    ? remoteRun(input, session, directory)
    : draftRun(input, session, directory);
}

async function dryRun(input: Input, session: Session, directory: string): Promise<Outcome> {
  readRepository(directory); // names file and line of the working tree for what is wrong with it
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-forecast-'));
  const cacheDir = draftCache(session.io.env);
  try {
    const forecast = await forecastRun({
      checkout: directory,
      workDir: scratch,
      cacheDir,
      blobs: draftBlobs(cacheDir),
      mode: input.unlessNo('cache') ? 'use' : 'refresh',
      draft: true,
      callerEnvironment: session.io.env,
    });
    const lines = input.flag('graph')
      ? mermaidOf(forecast)
      : describeForecast(forecast, session.paint);
    const remote = input.flag('remote')
      ? ['the platform has a cache of its own: there, what is unchanged here may run']
      : [];
    // What cannot run is told, and a pipeline that asks hears it by the exit code.
    const told = forecast.problems.length === 0 ? done : refused;
    return told(forecast, ...lines, ...remote);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** What drafts make, and read again when nothing changed. */
function draftBlobs(cacheDir: string) {
  return openFileBlobStore(join(cacheDir, 'drafts'));
}

async function remoteRun(input: Input, session: Session, directory: string): Promise<Outcome> {
  const facts = readRepository(directory);
  if (facts.lacking.length > 0) throw unservable(facts.lacking);
  session.progress('archiving the commit');
  const { commit, bundle } = await archiveCheckout(directory, async (archived) => {
    await storeFiles(session, archived.files);
    return archived;
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
      blobs: [bundle],
      content: { job: 'run', commit, bundle, params: remoteParams(input) },
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

/** Said before any step runs: the worker, which has the commit alone, finds it when it has run. */
function unservable(lacking: readonly string[]): CliError {
  const sections = lacking.map((name) => `\`${name}\``).join(' and ');
  return new CliError(
    'file_invalid',
    `countersign.yaml has no ${sections}; a version needs to say what is served and how it decides`,
    { details: { next: 'without --remote it runs as a draft' } },
  );
}

export async function signRequest(session: Session, statement: Statement) {
  for (const line of describeStatement(statement)) session.io.err(line);
  return signEnvelope(PAYLOAD_TYPE_STATEMENT, statementBytes(statement), [await session.signer()]);
}

function remoteParams(input: Input) {
  return input.unlessNo('cache') ? {} : { cache: false };
}

async function draftRun(input: Input, session: Session, directory: string): Promise<Outcome> {
  const { io } = session;
  const { model, steps } = readRepository(directory);
  const cacheDir = draftCache(io.env);
  const started = io.now().toISOString();
  const id = `draft-${started.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')}-${randomBytes(3).toString('hex')}`;
  const folder = openRunFolder(cacheDir, { id, model, directory, started });
  const scratch = await mkdtemp(join(tmpdir(), 'countersign-run-')).catch((error: Error) => {
    folder.fail(error.message);
    throw error;
  });
  const { logOf } = folder;
  const progress = runProgress(session, { steps, verbose: input.flag('verbose'), logOf });
  const blobs = draftBlobs(cacheDir);
  try {
    const result = await executeRun({
      source: { checkout: directory },
      workDir: scratch,
      cacheDir,
      cache: { mode: input.unlessNo('cache') ? 'use' : 'refresh', blobs },
      cores: input.count('cores') ?? availableParallelism(),
      run: id,
      blobs,
      draft: true,
      callerEnvironment: io.env,
      now: () => io.now(),
      onEvent: (event) => {
        folder.event(event);
        progress.event(event);
      },
      ...(io.signal === undefined ? {} : { signal: io.signal }),
    });
    folder.end(result, slsaProvenance(result, { builder: DRAFT_BUILDER }));
    return describeDraft(result, folder.path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
      throw noRoom([cacheDir, scratch], error); // nor may there be room to write down that it failed
    folder.fail(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    progress.stop();
    await rm(scratch, { recursive: true, force: true });
  }
}

function noRoom(places: readonly string[], cause: unknown): CliError {
  const named = places.map((place) => `\`${place}\``).join(' or ');
  return new CliError('cache_unusable', `no room is left on the disk of ${named}`, {
    cause,
    details: { next: 'make room, or name other places with XDG_CACHE_HOME and TMPDIR' },
  });
}

function describeDraft(result: RunResult, folder: string): Outcome {
  const { failure, artifact, source, steps, snapshots } = result;
  const kept = `logs, result and provenance: ${folder}`;
  if (failure !== null) {
    const place = failure.step ?? failure.dataset;
    return refused(
      result,
      `${failure.code}: ${place === null ? '' : `\`${place}\`: `}${failure.message}`,
      kept,
      'run it again to go on from here: steps that ended well are not repeated',
    );
  }
  const cached = steps.filter((step) => step.cached !== undefined).length;
  return done(
    result,
    `draft run of commit ${source.commit.slice(0, 12)}: ${steps.length} steps, ${cached} of them unchanged, ${snapshots.length} snapshots`,
    artifact === null ? 'no artefact is declared' : `artefact ${artifact.file} ${artifact.digest}`,
    ...describeDraftFindings(result),
    kept,
    'a draft cannot be promoted: run it with --remote',
  );
}
