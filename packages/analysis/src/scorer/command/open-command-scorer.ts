// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArtifactManifest,
  type CommandScorer,
  fromUtf8,
  readCommandScorer,
} from '@countersign/kernel';
import {
  type OpenedEnvironment,
  openScorerEnvironment,
  PipelineError,
  type ScorerHost,
  startSandboxed,
  writeIdentityFiles,
} from '@countersign/pipeline';
import { AnalysisError, type AnalysisErrorCode } from '../../errors.ts';
import { valuesOf } from '../input-values.ts';
import { type Scorer, scoreIn } from '../open-scorer.ts';
import type { ScorerSpec } from '../scorer-spec.ts';
import { type ErrorLog, openErrorLog } from './error-log.ts';
import { layOutArtefact, type ReadArtefact, requireArtefact } from './lay-out-artefact.ts';
import { refuseOtherOutputs, refuseTwoTypes, requestLine } from './protocol.ts';
import { ScorerPool } from './scorer-pool.ts';
import { attachScorer, type ScorerProcess } from './scorer-process.ts';

/** Where scorers that are programs run, and what the caller wants to hear of them. */
export interface CommandGround extends ScorerHost {
  /** How long a row may wait for a process that is free; for ever unless given. */
  readonly waitMs?: number | undefined;
  /** For measurements: a row waits for the next start where no process is left. A caller is told at once instead. */
  readonly isPatient?: boolean | undefined;
  /** Told why a process ended; it is started again without being asked. */
  readonly report?: ((error: AnalysisError) => void) | undefined;
  /** The bubblewrap program; `bwrap` on the system's path by default. */
  readonly program?: string;
}

/** Not that of steps: neither can send signals to the other or use up its processes. */
export const SCORER_UID = 61_185;
/** Where the artefact lies inside the sandbox. */
const MODEL_PATH = '/model';

/**
 * Starts the scorer that a manifest declares as a `command`: each process in the sandbox without network, with the artefact
 * read-only, in its recorded environment. Throws AnalysisError `sandbox_missing`, `environment_differs`,
 * `environment_failed`, `model_unreadable`, `model_mismatch`, `scorer_unsupported`, and `scorer_timeout`, `scorer_ended` or
 * `scorer_protocol` where a process does not get ready.
 */
export async function openCommandScorer(
  at: { readonly manifest: ArtifactManifest; readonly read: ReadArtefact },
  spec: ScorerSpec,
  ground: CommandGround,
): Promise<Scorer> {
  const command = commandOf(at.manifest);
  refuseTwoTypes(spec);
  await mkdir(ground.workDir, { recursive: true, mode: 0o700 });
  const scratch = await mkdtemp(join(ground.workDir, 'scorer-'));
  const log = openErrorLog(join(scratch, 'stderr.log'));
  const end = async () => {
    await log.close();
    await rm(scratch, { recursive: true, force: true });
  };
  try {
    const files = { directory: join(scratch, 'files'), all: mountedFiles(at.manifest, command) };
    await layOutArtefact(files.directory, files.all, at.read);
    await writeIdentityFiles(join(scratch, 'scorer-identity'), SCORER_UID);
    const environment = await openEnvironment(at, command, { scratch, ground });
    const pool = await ScorerPool.open({
      workers: command.workers,
      waitMs: ground.waitMs,
      isPatient: ground.isPatient,
      nowMs: () => performance.now(),
      report: ground.report ?? (() => undefined),
      start: (signal) =>
        startProcess({ ...at, command, spec, ground, scratch, files, environment, log, signal }),
    });
    return scorerOf(pool, spec, end);
  } catch (error) {
    await end();
    throw translated(error);
  }
}

function commandOf(manifest: ArtifactManifest): CommandScorer {
  try {
    return readCommandScorer(manifest);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'it cannot be read';
    throw new AnalysisError('scorer_unsupported', reason, { cause });
  }
}

/** Wheels are what the environment is made of; the program does not see them. */
function mountedFiles({ files }: ArtifactManifest, { environment }: CommandScorer) {
  const wheels: readonly string[] = environment.kind === 'python' ? environment.wheels : [];
  return files.filter(({ path }) => !wheels.includes(path));
}

function openEnvironment(
  { manifest, read }: { readonly manifest: ArtifactManifest; readonly read: ReadArtefact },
  { environment }: CommandScorer,
  { scratch, ground }: { readonly scratch: string; readonly ground: CommandGround },
): Promise<OpenedEnvironment> {
  return openScorerEnvironment(
    environment,
    { ...ground, workDir: scratch },
    {
      lockText: async () =>
        environment.kind === 'python' ? fromUtf8(await read(environment.lock)) : '',
      digestOf: (path) => manifest.files.find((one) => one.path === path)?.digest ?? '',
      layOut: (directory, paths) => {
        const wheels = manifest.files.filter(({ path }) => paths.includes(path));
        return layOutArtefact(directory, wheels, read);
      },
    },
  );
}

interface Start {
  readonly manifest: ArtifactManifest;
  readonly command: CommandScorer;
  readonly spec: ScorerSpec;
  readonly ground: CommandGround;
  readonly scratch: string;
  readonly files: { readonly directory: string; readonly all: ArtifactManifest['files'] };
  readonly environment: OpenedEnvironment;
  readonly log: ErrorLog;
  readonly signal: AbortSignal;
}

async function startProcess(at: Start): Promise<ScorerProcess> {
  const { manifest, command, environment, ground } = at;
  try {
    await requireArtefact(at.files.directory, at.files.all);
    const child = await startSandboxed({
      command: command.run,
      mounts: [...environment.mounts, { source: at.files.directory, target: MODEL_PATH }],
      cwd: MODEL_PATH,
      env: { ...environment.variables, COUNTERSIGN_ENTRY: manifest.entry },
      network: false,
      uid: SCORER_UID,
      memoryBytes: command.memoryMb * 1024 ** 2,
      identityDirectory: join(at.scratch, 'scorer-identity'),
      ...(ground.program === undefined ? {} : { program: ground.program }),
    });
    at.log.drain(child.errors);
    const { startMs, timeoutMs } = command;
    const process = await attachScorer(child, { startMs, timeoutMs }, at.signal);
    try {
      refuseOtherOutputs(at.spec, process.ready);
    } catch (error) {
      process.kill();
      await process.ended;
      throw error;
    }
    return process;
  } catch (error) {
    throw withLastWords(translated(error), at.log.tail());
  }
}

function scorerOf(pool: ScorerPool, spec: ScorerSpec, end: () => Promise<void>): Scorer {
  let closing: Promise<void> | undefined;
  return {
    spec,
    async score(row) {
      const id = randomBytes(8).toString('hex');
      const answer = await pool.ask(id, requestLine(id, valuesOf(spec, row)));
      if (!answer.ok) {
        const message = `the model failed on this row: ${answer.message}`;
        throw new AnalysisError('scoring_failed', message);
      }
      return scoreIn(spec, answer.outputs.get(spec.output) ?? []);
    },
    close: () => (closing ??= pool.close().then(end)),
  };
}

const CODES: Readonly<Record<string, AnalysisErrorCode>> = {
  sandbox_missing: 'sandbox_missing',
  sandbox_failed: 'sandbox_missing',
  environment_differs: 'environment_differs',
  interpreter_missing: 'environment_differs',
};

function translated(error: unknown): unknown {
  if (!(error instanceof PipelineError)) return error;
  const code = CODES[error.code] ?? 'environment_failed';
  return new AnalysisError(code, error.message, { cause: error });
}

/** A process that does not get ready has mostly said why on standard error. */
function withLastWords(error: unknown, words: string): unknown {
  if (!(error instanceof AnalysisError) || words === '') return error;
  const message = `${error.message}; its last words: ${words}`;
  return new AnalysisError(error.code, message, { details: error.details, cause: error });
}
