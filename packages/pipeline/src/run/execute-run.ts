// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import { hostToolEnvironment } from '../environment/host-environment.ts';
import { packageIndex } from '../environment/package-index.ts';
import { PipelineError } from '../errors.ts';
import { documentFeatures } from '../features/document-features.ts';
import { type PipelineDocument, parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { PIPELINE_FILE } from '../file/pipeline-file-name.ts';
import { refuseSealedTwins } from '../file/sealed-twins.ts';
import { type PlannedStep, planSteps } from '../file/step-plan.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import { checkoutBundle } from '../source/checkout-bundle.ts';
import { archiveSource, type SourceRevision } from '../source/source-revision.ts';
import { forecastMemoryIn, rememberRun } from './forecast-memory.ts';
import { type GroundOptions, layGround } from './lay-ground.ts';
import { type CacheChoice, openReuse, tidyStepCache } from './open-reuse.ts';
import { readPlatformFacts } from './platform-facts.ts';
import { prepareEnvironment } from './prepare-environment.ts';
import type {
  ArtifactRecord,
  EnvironmentRecord,
  NamedBlob,
  RunEvent,
  RunResult,
} from './result.ts';
import { type GraphOutcome, runGraph } from './run-graph.ts';
import type { EventBody, RunGround } from './run-ground.ts';

export { PIPELINE_FILE };

export interface ExecuteRunOptions extends GroundOptions {
  /** A clean git repository, or the archived bundle of a commit. */
  readonly source:
    | { readonly checkout: string }
    | { readonly bundle: BlobRef; readonly commit: string };
  /** Scratch space; the run uses a directory of its own there and removes it. */
  readonly workDir: string;
  /** Wheels and built environments, shared by runs, and with `cache` results of steps; nothing else is reused. */
  readonly cacheDir: string;
  /** Whether results of earlier runs may stand for steps that did not change; every step is executed unless given. */
  readonly cache?: CacheChoice;
  /** Name of this execution; a random one unless given. */
  readonly run?: string;
  /** A laptop's run, never promotable; `false` for CI and the worker. */
  readonly draft: boolean;
  /** The Python to use; `python3` by default. */
  readonly python?: string;
  /** Armoured public keys that OpenPGP signatures of commits are verified with. */
  readonly openPgpKeys?: readonly string[];
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Executes the pipeline of one commit and archives everything it read and made. A failed step, check or declaration is
 * a result with status `failed`; bad input and a broken world throw PipelineError before any step has run.
 */
export async function executeRun(options: ExecuteRunOptions): Promise<RunResult> {
  const startedAt = options.now().toISOString();
  const run = options.run ?? `run-${randomUUID()}`;
  const scratch = join(options.workDir, `run-${randomUUID()}`);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const emit = eventSink(options);
  try {
    const platform = await readPlatformFacts();
    emit({ type: 'phase', text: 'source' });
    const source = await checkOut(options, scratch);
    const checkout = join(scratch, 'checkout');
    const text = await readPipelineFile(checkout);
    const document = parsePipelineFile(text, PIPELINE_FILE);
    const plan = planSteps(document);
    refuseSealedTwins(document);
    const papers = await archivePapers(document, checkout, options.blobs);
    const environment = await prepare(options, { document, checkout, scratch, emit });
    const ground = await layGround(options, {
      scratch,
      checkout,
      document,
      mounts: environment.mounts,
      image: environment.image,
      imageProfile: environment.imageProfile,
      committedAt: source.committedAt,
      packageIndex: await indexForSteps(document, options),
      workingTree: 'checkout' in options.source ? options.source.checkout : null,
      readerHost: { cacheDir: options.cacheDir, python: options.python ?? null },
      emit,
    });
    const outcome = await runPlan(options, {
      ...{ ground, plan, run },
      environment: environment.record,
      commit: source.commit,
    });
    return {
      v: 1,
      status: outcome.failure === null ? 'succeeded' : 'failed',
      failure: outcome.failure,
      ...(outcome.failures.length > 1 ? { failures: outcome.failures } : {}),
      run,
      draft: options.draft,
      source,
      pipelineFile: toRecordJson(document.file),
      pipelineFileBlob: await options.blobs.put(new TextEncoder().encode(text)),
      environment: environment.record,
      determinismProfile: ground.profile,
      platform,
      snapshots: outcome.snapshots,
      ...(outcome.folders.length === 0 ? {} : { folders: outcome.folders }),
      steps: outcome.steps,
      evidence: outcome.evidence,
      artifact: artifactRecord(document, outcome),
      papers,
      ...(outcome.failure === null
        ? await documentFeatures(ground, { ...outcome, commit: source.commit })
        : {}),
      startedAt,
      endedAt: options.now().toISOString(),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The graph, with what earlier runs have made as far as that was asked for. */
async function runPlan(
  options: ExecuteRunOptions,
  known: {
    readonly ground: RunGround;
    readonly plan: readonly PlannedStep[];
    readonly run: string;
    readonly commit: string;
    readonly environment: EnvironmentRecord | null;
  },
): Promise<GraphOutcome> {
  const { ground, plan, run, commit, environment } = known;
  const { cacheDir, draft, python = 'python3' } = options;
  const { checkout, document, profile } = ground;
  const { model } = document.file;
  const of = { cacheDir, checkout, environment, draft, model, run, commit };
  const cache = await openReuse(options.cache, of);
  if (cache === undefined || options.cache === undefined) return runGraph(ground, plan);
  const outcome = await runGraph({ ...ground, cache }, plan);
  const { files } = cache;
  const made = { file: document.file, files, environment: cache.environment, profile, python };
  await rememberRun(forecastMemoryIn(cacheDir), { ...made, outcome });
  await tidyStepCache(cacheDir, options.cache, options.now());
  return outcome;
}

function eventSink(
  options: Pick<ExecuteRunOptions, 'now' | 'onEvent'>,
): (event: EventBody) => void {
  return (event) => options.onEvent?.({ ...event, at: options.now().toISOString() });
}

/** Always runs from the archived bundle, also for a local checkout: what was archived is what is executed. */
async function checkOut(options: ExecuteRunOptions, scratch: string): Promise<SourceRevision> {
  const { source, blobs } = options;
  const archived =
    'checkout' in source
      ? await archiveSource(source.checkout, blobs, scratch)
      : { bundle: source.bundle, commit: source.commit };
  const path = join(scratch, 'source.bundle');
  await blobs.copyTo(archived.bundle.digest, path);
  const described = await checkoutBundle(path, join(scratch, 'checkout'), {
    commit: archived.commit,
    openPgpKeys: options.openPgpKeys ?? [],
    blobs,
  });
  return { ...described, bundle: archived.bundle };
}

async function readPipelineFile(checkout: string): Promise<string> {
  return readFile(join(checkout, PIPELINE_FILE), 'utf8').catch((cause: unknown) => {
    const message = `the commit has no \`${PIPELINE_FILE}\` at its top; write one with \`countersign init\``;
    throw new PipelineError('file_missing', message, { cause });
  });
}

async function archivePapers(
  document: PipelineDocument,
  checkout: string,
  blobs: BlobStore,
): Promise<Readonly<Record<string, NamedBlob>>> {
  const papers: Record<string, NamedBlob> = {};
  for (const [id, file] of Object.entries(document.file.papers ?? {})) {
    const text = await readFile(join(checkout, file)).catch((cause: unknown) => {
      const line = document.lineOf(['papers', id]);
      throw new PipelineError(
        'file_missing',
        `${document.name}:${line}: the commit has no file \`${file}\``,
        { cause },
      );
    });
    papers[id] = { file, ...(await blobs.put(text)) };
  }
  return papers;
}

function prepare(
  options: ExecuteRunOptions,
  known: {
    document: PipelineDocument;
    checkout: string;
    scratch: string;
    emit: (event: EventBody) => void;
  },
) {
  return prepareEnvironment({
    document: known.document,
    checkout: known.checkout,
    scratch: known.scratch,
    blobs: options.blobs,
    cacheDir: options.cacheDir,
    python: options.python ?? 'python3',
    uid: options.sandboxUid ?? SANDBOX_UID,
    callerEnvironment: options.callerEnvironment,
    onPhase: (text) => known.emit({ type: 'phase', text }),
    signal: options.signal,
  });
}

/** The run's result, once the step that writes it has ended well. */
export function artifactRecord(
  document: PipelineDocument,
  outcome: GraphOutcome,
): ArtifactRecord | null {
  const { artifact } = document.file;
  if (artifact === undefined) return null;
  for (const step of outcome.steps) {
    const output = step.outputs.find(({ file }) => file === artifact.file);
    if (output !== undefined) return { ...output, step: step.name, scorer: artifact.scorer };
  }
  return null;
}

/** Asked only for a pipeline that has a step with network. */
async function indexForSteps(
  document: PipelineDocument,
  options: ExecuteRunOptions,
): Promise<string | undefined> {
  const hasNetwork = Object.values(document.file.steps).some(({ network }) => network === true);
  if (!hasNetwork) return undefined;
  return packageIndex(options.python ?? 'python3', hostToolEnvironment(options.callerEnvironment));
}
