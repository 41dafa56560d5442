// SPDX-License-Identifier: Apache-2.0
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArtifactManifest,
  type CommandScorer,
  SCORER_PROTOCOL,
  type ScorerEnvironment,
  type ScorerInterpreter,
} from '@countersign/kernel';
import {
  type CommandSection,
  describeHostProgram,
  describeInterpreter,
  PipelineError,
  SANDBOX_UID,
  scorerInterpreter,
  writeIdentityFiles,
} from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import { scorerGround } from './open-manifest-scorer.ts';

const TIMEOUT_MS = 2000;
const START_MS = 60_000;
const MEMORY_MB = 2048;

/**
 * How a manifest says that its scorer is started: as the specification declares it, in an environment that is looked at now, on
 * this machine, and held to from then on.
 * @param files of the manifest; a Python environment is made of its lock and every wheel among them
 * @throws ServerError `artifact_invalid`
 */
export async function commandManifest(
  context: ServerContext,
  section: CommandSection,
  files: ArtifactManifest['files'],
): Promise<CommandScorer> {
  const { run, workers = 1, timeout_ms, start_ms, memory_mb } = section;
  try {
    return {
      protocol: SCORER_PROTOCOL,
      run,
      workers,
      timeoutMs: timeout_ms ?? TIMEOUT_MS,
      startMs: start_ms ?? START_MS,
      memoryMb: memory_mb ?? MEMORY_MB,
      environment: await environmentOf(context, section.environment, files),
    };
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    throw invalid(`the scorer's environment cannot be recorded: ${cause.message}`, cause);
  }
}

async function environmentOf(
  context: ServerContext,
  declared: CommandSection['environment'],
  files: ArtifactManifest['files'],
): Promise<ScorerEnvironment> {
  if ('host' in declared) return hostEnvironment(context, declared.host);
  const lock = declared.python;
  const paths = files.map(({ path }) => path);
  if (!paths.includes(lock)) throw invalid(`the lock \`${lock}\` is none of the artefact's files`);
  const wheels = paths.filter((path) => path.endsWith('.whl'));
  return { kind: 'python', lock, wheels, interpreter: await interpreterHere(context) };
}

async function interpreterHere(context: ServerContext): Promise<ScorerInterpreter> {
  const { hostEnvironment } = scorerGround(context);
  return scorerInterpreter(await describeInterpreter('python3', hostEnvironment));
}

type Programs = Extract<CommandSection['environment'], { readonly host: unknown }>['host'];

async function hostEnvironment(
  context: ServerContext,
  programs: Programs,
): Promise<ScorerEnvironment> {
  const { workDir: parent } = scorerGround(context);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const workDir = await mkdtemp(join(parent, 'programs-'));
  const identityDirectory = join(workDir, 'identity');
  try {
    await writeIdentityFiles(identityDirectory, SANDBOX_UID);
    const ground = { workDir, identityDirectory, uid: SANDBOX_UID };
    const found = [];
    for (const one of programs) {
      const wanted =
        typeof one === 'string' ? { name: one } : { name: one.program, version: one.version };
      found.push(await describeHostProgram(wanted, ground));
    }
    return { kind: 'host', programs: found };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

function invalid(message: string, cause?: unknown): ServerError {
  return new ServerError('artifact_invalid', message, cause === undefined ? {} : { cause });
}
