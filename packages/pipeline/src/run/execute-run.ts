// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobRef, BlobStore } from '../blobs/blob-store.ts';
import { hostToolEnvironment } from '../environment/host-environment.ts';
import { packageIndex } from '../environment/package-index.ts';
import { PipelineError } from '../errors.ts';
import { type PipelineDocument, parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { planSteps } from '../file/step-plan.ts';
import { toRecordJson } from '../file/to-record-json.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import { checkoutBundle } from '../source/checkout-bundle.ts';
import { archiveSource, type SourceRevision } from '../source/source-revision.ts';
import { type GroundOptions, layGround } from './lay-ground.ts';
import { readPlatformFacts } from './platform-facts.ts';
import { prepareEnvironment } from './prepare-environment.ts';
import type { ArtifactRecord, NamedBlob, RunEvent, RunResult } from './result.ts';
import { type GraphOutcome, runGraph } from './run-graph.ts';
import type { EventBody } from './run-ground.ts';

export const PIPELINE_FILE = 'countersign.yaml';

export interface ExecuteRunOptions extends GroundOptions {
  /** A clean git repository, or the archived bundle of a commit. */
  readonly source:
    | { readonly checkout: string }
    | { readonly bundle: BlobRef; readonly commit: string };
  /** Scratch space; the run uses a directory of its own there and removes it. */
  readonly workDir: string;
  /** Wheels and built environments, shared by runs; nothing else is reused. */
  readonly cacheDir: string;
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
    const papers = await archivePapers(document, checkout, options.blobs);
    const environment = await prepare(options, { document, checkout, emit });
    const ground = await layGround(options, {
      scratch,
      checkout,
      document,
      mounts: environment.mounts,
      committedAt: source.committedAt,
      packageIndex: await indexForSteps(document, options),
      emit,
    });
    const outcome = await runGraph(ground, plan);
    return {
      v: 1,
      status: outcome.failure === null ? 'succeeded' : 'failed',
      failure: outcome.failure,
      draft: options.draft,
      source,
      pipelineFile: toRecordJson(document.file),
      pipelineFileBlob: await options.blobs.put(new TextEncoder().encode(text)),
      environment: environment.record,
      determinismProfile: ground.profile,
      platform,
      snapshots: outcome.snapshots,
      steps: outcome.steps,
      evidence: outcome.evidence,
      artifact: artifactRecord(document, outcome),
      papers,
      startedAt,
      endedAt: options.now().toISOString(),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
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
  known: { document: PipelineDocument; checkout: string; emit: (event: EventBody) => void },
) {
  return prepareEnvironment({
    document: known.document,
    checkout: known.checkout,
    blobs: options.blobs,
    cacheDir: options.cacheDir,
    python: options.python ?? 'python3',
    uid: options.sandboxUid ?? SANDBOX_UID,
    hostEnvironment: hostToolEnvironment(options.callerEnvironment),
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
