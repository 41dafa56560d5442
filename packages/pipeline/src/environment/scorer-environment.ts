// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ScorerEnvironment, ScorerInterpreter } from '@countersign/kernel';
import { PipelineError } from '../errors.ts';
import { SANDBOX_UID } from '../sandbox/run-sandboxed.ts';
import { SEARCH_PATH } from '../sandbox/sandbox-arguments.ts';
import { type Mount, writeIdentityFiles } from '../sandbox/system-mounts.ts';
import {
  type DeterminismProfile,
  determinismProfile,
  readDispatchedLevels,
} from './determinism-profile.ts';
import { configurationMounts, requireHostPrograms } from './host-programs.ts';
import { describeInterpreter, type Interpreter } from './interpreter.ts';
import { type LockFile, parseLockFile } from './lock-file.ts';
import { buildPythonEnvironment } from './python-environment.ts';
import type { Wheel } from './wheels.ts';

/** Of this machine, for every scorer that it runs. */
export interface ScorerHost {
  /** Scratch space of the caller's own. */
  readonly workDir: string;
  /** Built environments are kept here by what they were built from. */
  readonly cacheDir: string;
  /** The Python to use; `python3` by default. */
  readonly python?: string;
  /** PATH and HOME, by which the interpreter is found. */
  readonly hostEnvironment: Readonly<Record<string, string>>;
}

export interface OpenedEnvironment {
  /** The interpreter and its packages, read-only. */
  readonly mounts: readonly Mount[];
  /** The whole environment of a process in it. */
  readonly variables: DeterminismProfile;
}

/** What an environment is made of, as the artefact carries it. */
export interface EnvironmentFiles {
  readonly lockText: () => Promise<string>;
  /** SHA-256 of a file of the manifest. */
  readonly digestOf: (path: string) => string;
  /** Writes wheels below a directory, each checked against its digest; nothing asks for them where the environment stands already. */
  readonly layOut: (directory: string, paths: readonly string[]) => Promise<void>;
}

/** A scorer is not asked when it was committed; what a run took from the commit's time is fixed for it. */
const NO_TIME = new Date(0).toISOString();

/**
 * The recorded environment of a `command` scorer, made again on this machine: packages offline from the artefact's own
 * wheels, or the programs of the machine held against what was recorded. Throws PipelineError `environment_differs`,
 * `environment_failed`, `interpreter_missing`, `lock_invalid` or `sandbox_missing`.
 */
export async function openScorerEnvironment(
  environment: ScorerEnvironment,
  host: ScorerHost,
  files: EnvironmentFiles,
): Promise<OpenedEnvironment> {
  const identityDirectory = join(host.workDir, 'identity');
  await mkdir(host.workDir, { recursive: true });
  await writeIdentityFiles(identityDirectory, SANDBOX_UID);
  const ground = { workDir: host.workDir, identityDirectory, uid: SANDBOX_UID };
  if (environment.kind === 'host') {
    await requireHostPrograms(environment.programs, ground);
    const variables = determinismProfile({ committedAt: NO_TIME, dispatchedLevels: [] });
    return { mounts: await configurationMounts(), variables };
  }
  // A Python that was found without a search path does not know where it lies.
  const variables = { PATH: SEARCH_PATH, ...host.hostEnvironment };
  const interpreter = await describeInterpreter(host.python ?? 'python3', variables);
  requireInterpreter(environment.interpreter, interpreter);
  const lock = parseLockFile(await files.lockText(), environment.lock);
  const directory = join(host.workDir, 'wheels');
  const wheels = environment.wheels.map((path) => ({
    // pip takes a wheel by its name, so it is given the name alone and not the folder that it lies in.
    file: basename(path),
    path: join(directory, path),
    digest: files.digestOf(path),
  }));
  requireLocked(lock, wheels);
  const { mounts } = await buildPythonEnvironment({
    lock,
    wheels,
    interpreter,
    cacheDir: host.cacheDir,
    uid: SANDBOX_UID,
    fetch: () => files.layOut(directory, environment.wheels),
  });
  await rm(directory, { recursive: true, force: true });
  const hasNumpy = lock.packages.some(({ name }) => name.toLowerCase() === 'numpy');
  const dispatchedLevels = hasNumpy ? await readDispatchedLevels({ mounts, ...ground }) : [];
  return { mounts, variables: determinismProfile({ committedAt: NO_TIME, dispatchedLevels }) };
}

/** What a manifest keeps of an interpreter. */
export function scorerInterpreter(one: Interpreter): ScorerInterpreter {
  const { implementation, version, libc, machine, digest } = one;
  return { implementation, version, libc, machine, digest };
}

function requireInterpreter(recorded: ScorerInterpreter, found: Interpreter): void {
  if (recorded.digest === found.digest) return;
  const was = `${recorded.implementation} ${recorded.version}, ${recorded.libc}, ${recorded.machine}`;
  const is = `${found.implementation} ${found.version}, ${found.libc}, ${found.machine}`;
  const message = `the Python here (${is}, ${found.digest.slice(0, 12)}) is not the one that was recorded (${was}, ${recorded.digest.slice(0, 12)}); install that one, or register the version again on this machine`;
  throw new PipelineError('environment_differs', message, { details: { program: found.program } });
}

function requireLocked(lock: LockFile, wheels: readonly Wheel[]): void {
  const allowed = new Set(lock.packages.flatMap(({ hashes }) => hashes));
  const stray = wheels.find(({ digest }) => !allowed.has(digest));
  if (stray === undefined) return;
  const message = `the wheel \`${stray.file}\` has a SHA-256 that \`${lock.name}\` does not allow; carry the wheels that the lock names`;
  throw new PipelineError('environment_failed', message, { details: { wheel: stray.file } });
}
