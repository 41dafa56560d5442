// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalDecimal } from '@countersign/kernel';
import { restoreEnvironment, type StepEnvironment } from '../environment/restore-environment.ts';
import { PipelineError } from '../errors.ts';
import { type PipelineDocument, parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { planSteps } from '../file/step-plan.ts';
import { artifactRecord, PIPELINE_FILE } from '../run/execute-run.ts';
import { type GroundOptions, layGround } from '../run/lay-ground.ts';
import { readPlatformFacts } from '../run/platform-facts.ts';
import type { RunEvent, RunResult } from '../run/result.ts';
import { runGraph } from '../run/run-graph.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import { checkoutBundle } from '../source/checkout-bundle.ts';
import { compareRuns, type RebuiltRun } from './compare-runs.ts';
import { DIAGNOSIS_BUDGET, type DiagnosisBudget } from './diagnosis/likely-cause.ts';
import { explainDivergence } from './explain-divergence.ts';
import { networkSteps } from './rebuild-parts.ts';
import type { RebuildResult, RebuildVerdict } from './rebuild-result.ts';

export interface RebuildOptions extends GroundOptions {
  readonly result: RunResult;
  /** An empty place; wheels and environment are laid out here anew unless `cacheDir` is given. */
  readonly workDir: string;
  /** Reuses an environment built from the same wheels and interpreter. */
  readonly cacheDir?: string;
  /** The recorded interpreter's path by default. */
  readonly python?: string;
  /** Decides what differing bytes mean; without it they mean `not-rebuildable`. */
  readonly compareScores?: (pair: {
    readonly originalArtifact: string;
    readonly rebuiltArtifact: string;
  }) => Promise<'score-identical' | 'within-tolerance' | 'different'>;
  /** How far to look for the cause of a difference, by reruns; `false` says where bytes differ and not why. */
  readonly diagnosis?: DiagnosisBudget | false;
  /** Whether a blob is gone because the law asked for it. */
  readonly isErased?: (digest: string) => Promise<boolean>;
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Runs a recorded run again from its archived parts alone: bundle, wheels, outputs of network steps. No network, no
 * cache of results, the recorded variables. Every split and output is compared byte for byte. What could not be rebuilt
 * is a verdict; throws PipelineError only for a broken world (no sandbox).
 */
export async function rebuildRun(options: RebuildOptions): Promise<RebuildResult> {
  const startedAt = options.now().toISOString();
  const scratch = join(options.workDir, `rebuild-${randomUUID()}`);
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const platform = await readPlatformFacts();
  try {
    const judged = await attempt(options, scratch);
    return {
      v: 1,
      level: options.result.environment?.kind === 'image' ? 'container' : 'sandbox',
      commit: options.result.source.commit,
      originalArtifact: options.result.artifact?.digest ?? null,
      startedFrom: networkSteps(options.result).map(({ name }) => name),
      platform,
      startedAt,
      endedAt: options.now().toISOString(),
      ...judged,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Judged = Pick<
  RebuildResult,
  | 'verdict'
  | 'reason'
  | 'rebuiltArtifact'
  | 'compared'
  | 'failure'
  | 'divergences'
  | 'diagnoses'
  | 'stepSeconds'
>;

async function attempt(options: RebuildOptions, scratch: string): Promise<Judged> {
  if (options.result.status !== 'succeeded') {
    return nothingRebuilt('not-rebuildable', 'the run itself did not succeed');
  }
  try {
    return await runAgain(options, scratch);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return refusalVerdict(options, error);
  }
}

async function runAgain(options: RebuildOptions, scratch: string): Promise<Judged> {
  const { result, blobs } = options;
  const checkout = join(scratch, 'checkout');
  const bundle = join(scratch, 'source.bundle');
  await blobs.copyTo(result.source.bundle.digest, bundle);
  await checkoutBundle(bundle, checkout, { commit: result.source.commit, blobs });
  const document = parsePipelineFile(await readFile(join(checkout, PIPELINE_FILE), 'utf8'));
  const environment = await restore(options, scratch, options.cacheDir);
  try {
    const ground = await layGround(options, {
      scratch,
      checkout,
      document,
      mounts: environment.mounts,
      image: environment.image,
      committedAt: result.source.committedAt,
      profile: result.determinismProfile,
      archivedSnapshots: new Map(result.snapshots.map((taken) => [taken.dataset, taken])),
      readerHost: {
        cacheDir: options.cacheDir ?? join(scratch, 'environment'),
        python: options.python ?? null,
      },
      emit: (event) => options.onEvent?.({ ...event, at: options.now().toISOString() }),
    });
    const archived = new Map(networkSteps(result).map(({ name, outputs }) => [name, outputs]));
    const plan = planSteps(document);
    const outcome = await runGraph(ground, plan, archived);
    // A step that was stopped from here says nothing about the archive.
    options.signal?.throwIfAborted();
    const rebuilt = { ...outcome, artifact: artifactRecord(document, outcome) };
    const judged = await judge(options, rebuilt, document);
    const explained = await explainDivergence({
      ...{ result, rebuilt, compared: judged.compared, ground, plan },
      budget: options.diagnosis ?? DIAGNOSIS_BUDGET,
      environment: {
        installed: options.cacheDir === undefined ? undefined : environment.installed,
        layOutAnew: () => restore(options, join(scratch, 'anew'), undefined),
      },
    });
    return {
      ...judged,
      ...explained,
      reason: withCause(judged.reason, explained.diagnoses),
      stepSeconds: stepSeconds(result, rebuilt),
    };
  } finally {
    await environment.close();
  }
}

function withCause(reason: string, diagnoses: RebuildResult['diagnoses'] = []): string {
  const causes = new Set(diagnoses.flatMap(({ causes: found }) => found.map(({ cause }) => cause)));
  if (diagnoses.length === 0) return reason;
  return `${reason}; likely cause: ${causes.size === 0 ? 'undetermined' : [...causes].join(', ')}`;
}

function stepSeconds(
  result: RunResult,
  rebuilt: RebuiltRun,
): NonNullable<RebuildResult['stepSeconds']> {
  const again = new Set(rebuilt.steps.map(({ name }) => name));
  const seconds = (steps: RunResult['steps']) =>
    canonicalDecimal(
      steps
        .filter(({ name }) => again.has(name))
        .reduce((sum, one) => sum + Date.parse(one.endedAt) - Date.parse(one.startedAt), 0) / 1000,
    );
  return { recorded: seconds(result.steps), rebuilt: seconds(rebuilt.steps) };
}

function restore(
  options: RebuildOptions,
  scratch: string,
  cacheDir: string | undefined,
): Promise<StepEnvironment> {
  return restoreEnvironment(options.result.environment, {
    blobs: options.blobs,
    scratch,
    cacheDir,
    python: options.python,
    uid: options.sandboxUid ?? SANDBOX_UID,
    callerEnvironment: options.callerEnvironment,
    signal: options.signal,
  });
}

async function judge(
  options: RebuildOptions,
  rebuilt: RebuiltRun,
  document: PipelineDocument,
): Promise<Judged> {
  const compared = compareRuns(options.result, rebuilt);
  const rebuiltArtifact = rebuilt.artifact?.digest ?? null;
  const base = { compared, rebuiltArtifact, failure: rebuilt.failure };
  if (rebuilt.failure !== null) {
    return { ...base, verdict: 'not-rebuildable', reason: rebuilt.failure.message };
  }
  const different = compared.filter(({ equal }) => !equal).map(({ what }) => `\`${what}\``);
  if (different.length === 0) {
    const reason = `all ${compared.length} files have the recorded bytes`;
    return { ...base, verdict: 'byte-identical', reason };
  }
  const verb = different.length === 1 ? 'has' : 'have';
  const differing = `${different.slice(0, 10).join(', ')} ${verb} other bytes`;
  if (isModelEqual(document, compared)) {
    const reason = `${differing}, the model itself has the recorded ones`;
    return { ...base, verdict: 'score-identical', reason };
  }
  const scores = await compareScores(options, rebuiltArtifact);
  if (scores === undefined || scores === 'different') {
    const reason = scores === undefined ? differing : `${differing} and the scores differ`;
    return { ...base, verdict: 'not-rebuildable', reason };
  }
  return { ...base, verdict: scores, reason: `${differing}, the scores are ${scores}` };
}

/** Every file that the model answers with is equal; what differs is a report or a step on the way. */
function isModelEqual(document: PipelineDocument, compared: RebuildResult['compared']): boolean {
  const { artifact } = document.file;
  if (artifact === undefined) return false;
  const { file, files = [], reasons } = artifact;
  const own = [file, ...files, ...(reasons === undefined ? [] : [reasons])];
  return own.every((name) =>
    compared.some(({ what, equal }) => equal && what.slice(what.indexOf('/') + 1) === name),
  );
}

async function compareScores(options: RebuildOptions, rebuiltArtifact: string | null) {
  const originalArtifact = options.result.artifact?.digest;
  if (originalArtifact === undefined || rebuiltArtifact === null) return undefined;
  return options.compareScores?.({ originalArtifact, rebuiltArtifact });
}

function nothingRebuilt(verdict: RebuildVerdict, reason: string): Judged {
  return { verdict, reason, rebuiltArtifact: null, compared: [], failure: null };
}

/** Errors that say something about the archive or the machine become verdicts; the rest is a broken world. */
async function refusalVerdict(options: RebuildOptions, error: PipelineError): Promise<Judged> {
  switch (error.code) {
    case 'container_failed':
    case 'container_missing':
    case 'environment_differs':
    case 'interpreter_differs':
    case 'interpreter_missing':
      return nothingRebuilt('environment-unavailable', error.message);
    case 'blob_missing': {
      const { digest } = error.details;
      const isErased = typeof digest === 'string' && (await options.isErased?.(digest)) === true;
      return nothingRebuilt(isErased ? 'lawfully-erased' : 'not-rebuildable', error.message);
    }
    case 'blob_corrupt':
    case 'environment_failed':
    case 'git_failed':
    case 'image_invalid':
      return nothingRebuilt('not-rebuildable', error.message);
    default:
      throw error;
  }
}
