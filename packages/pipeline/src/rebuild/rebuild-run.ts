// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hostToolEnvironment } from '../environment/host-environment.ts';
import { describeInterpreter } from '../environment/interpreter.ts';
import { parseLockFile } from '../environment/lock-file.ts';
import { buildPythonEnvironment } from '../environment/python-environment.ts';
import type { Wheel } from '../environment/wheels.ts';
import { PipelineError } from '../errors.ts';
import { parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { planSteps } from '../file/step-plan.ts';
import { artifactRecord, PIPELINE_FILE } from '../run/execute-run.ts';
import { type GroundOptions, layGround } from '../run/lay-ground.ts';
import { readPlatformFacts } from '../run/platform-facts.ts';
import type { RunEvent, RunResult } from '../run/result.ts';
import { runGraph } from '../run/run-graph.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import type { Mount } from '../sandbox/system-mounts.ts';
import { checkoutBundle } from '../source/checkout-bundle.ts';
import { compareRuns, type RebuiltRun } from './compare-runs.ts';
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
      level: 'sandbox',
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
  'verdict' | 'reason' | 'rebuiltArtifact' | 'compared' | 'failure'
>;

async function attempt(options: RebuildOptions, scratch: string): Promise<Judged> {
  if (options.result.status !== 'succeeded') {
    return nothingRebuilt('not-rebuildable', 'the run itself did not succeed');
  }
  try {
    const rebuilt = await runAgain(options, scratch);
    return await judge(options, rebuilt);
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error;
    return refusalVerdict(options, error);
  }
}

async function runAgain(options: RebuildOptions, scratch: string): Promise<RebuiltRun> {
  const { result, blobs } = options;
  const checkout = join(scratch, 'checkout');
  const bundle = join(scratch, 'source.bundle');
  await blobs.copyTo(result.source.bundle.digest, bundle);
  await checkoutBundle(bundle, checkout, { commit: result.source.commit });
  const document = parsePipelineFile(await readFile(join(checkout, PIPELINE_FILE), 'utf8'));
  const mounts = await restoreEnvironment(options, scratch);
  const ground = await layGround(options, {
    scratch,
    checkout,
    document,
    mounts,
    committedAt: result.source.committedAt,
    profile: result.determinismProfile,
    emit: (event) => options.onEvent?.({ ...event, at: options.now().toISOString() }),
  });
  const archived = new Map(networkSteps(result).map(({ name, outputs }) => [name, outputs]));
  const outcome = await runGraph(ground, planSteps(document), archived);
  return { ...outcome, artifact: artifactRecord(document, outcome) };
}

function networkSteps(result: RunResult): RunResult['steps'] {
  return result.steps.filter(({ network }) => network);
}

/** The recorded wheels, from the blob store, installed for the recorded interpreter and no other. */
async function restoreEnvironment(
  options: RebuildOptions,
  scratch: string,
): Promise<readonly Mount[]> {
  const { environment } = options.result;
  if (environment === null) return [];
  const program = options.python ?? environment.interpreter.program;
  const interpreter = await describeInterpreter(
    program,
    hostToolEnvironment(options.callerEnvironment),
  );
  if (interpreter.digest !== environment.interpreter.digest) {
    const { implementation, version } = environment.interpreter;
    const message = `\`${program}\` is ${interpreter.implementation} ${interpreter.version} of other bytes than the recorded ${implementation} ${version}`;
    throw new PipelineError('interpreter_differs', message);
  }
  const text = Buffer.from(await options.blobs.get(environment.lockDigest)).toString('utf8');
  const wheels: Wheel[] = [];
  for (const { file, digest } of environment.wheels) {
    const path = join(scratch, 'wheels', file);
    await options.blobs.copyTo(digest, path);
    wheels.push({ file, digest, path });
  }
  const built = await buildPythonEnvironment({
    lock: parseLockFile(text, environment.lockFile),
    wheels,
    interpreter,
    cacheDir: options.cacheDir ?? join(scratch, 'environment'),
    uid: options.sandboxUid ?? SANDBOX_UID,
    signal: options.signal,
  });
  return built.mounts;
}

async function judge(options: RebuildOptions, rebuilt: RebuiltRun): Promise<Judged> {
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
  const scores = await compareScores(options, rebuiltArtifact);
  const differing = `${different.slice(0, 10).join(', ')} have other bytes`;
  if (scores === undefined || scores === 'different') {
    const reason = scores === undefined ? differing : `${differing} and the scores differ`;
    return { ...base, verdict: 'not-rebuildable', reason };
  }
  return { ...base, verdict: scores, reason: `${differing}, the scores are ${scores}` };
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
      return nothingRebuilt('not-rebuildable', error.message);
    default:
      throw error;
  }
}
