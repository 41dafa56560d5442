// SPDX-License-Identifier: Apache-2.0
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { archivedName } from '../environment/archived-name.ts';
import { describeInterpreter } from '../environment/interpreter.ts';
import { parseLockFile } from '../environment/lock-file.ts';
import {
  buildPythonEnvironment,
  type PythonEnvironment,
} from '../environment/python-environment.ts';
import { recordedProgram } from '../environment/recorded-program.ts';
import { fetchWheels, type Wheel } from '../environment/wheels.ts';
import type { NamedBlob } from '../run/result.ts';
import type { Mount } from '../sandbox/system-mounts.ts';
import type { LakeReader } from './lakehouse-facts.ts';

/** Of this machine, for whatever the platform itself runs in an environment of its own before any step. */
export interface ReaderHost {
  /** Wheels and built environments, shared with those of pipelines. */
  readonly cacheDir: string;
  /** The Python to use; null for `python3`, or to read a table again for the recorded one. */
  readonly python: string | null;
  /** How the interpreter and the package index are found. */
  readonly hostEnvironment: Readonly<Record<string, string>>;
  readonly uid: number;
  readonly identityDirectory: string;
}

/** A reader laid out on this machine. */
export interface OpenReader {
  readonly record: LakeReader;
  /** Where the environment was built. */
  readonly environment: string;
  /** Interpreter, packages and program. */
  readonly mounts: readonly Mount[];
  readonly host: ReaderHost;
}

/** Where the program lies in the sandbox. */
export const PROGRAM_PATH = '/program';

const SOURCE = join(import.meta.dirname, '..', '..', 'python', 'lakehouse');
const LOCK_FILE = 'requirements.lock';
/** As the record names the lock, which is no file of the commit. */
const LOCK_NAME = `lakehouse/${LOCK_FILE}`;

interface Ground {
  readonly blobs: BlobStore;
  /** Becomes the program's directory. */
  readonly workDir: string;
  readonly host: ReaderHost;
  readonly signal?: AbortSignal | undefined;
}

interface Prepared {
  readonly record: LakeReader;
  readonly built: PythonEnvironment;
}

/** By the host of a run: its datasets share one reader, whose wheels are then hashed and archived once. */
const preparedFor = new WeakMap<ReaderHost, Promise<Prepared>>();

/**
 * The reading program of this release with its locked libraries; wheels, lock and program are archived. Throws
 * PipelineError `wheel_unavailable`, `environment_failed` or `interpreter_missing`.
 */
export async function openReader(ground: Ground): Promise<OpenReader> {
  const { host } = ground;
  const known = preparedFor.get(host) ?? prepareReader(ground);
  preparedFor.set(host, known);
  try {
    return await layOut(await known, ground);
  } catch (error) {
    preparedFor.delete(host);
    throw error;
  }
}

async function prepareReader({ blobs, host, signal }: Ground): Promise<Prepared> {
  const lock = parseLockFile(await readFile(join(SOURCE, LOCK_FILE), 'utf8'), LOCK_NAME);
  const { cacheDir, hostEnvironment, python, uid } = host;
  const interpreter = await describeInterpreter(python ?? 'python3', hostEnvironment);
  const wheels = await fetchWheels({ lock, interpreter, cacheDir, hostEnvironment, signal });
  const built = await buildPythonEnvironment({ lock, wheels, interpreter, cacheDir, uid, signal });
  const { digest } = await blobs.put(new TextEncoder().encode(lock.text));
  const record: LakeReader = {
    program: await archiveProgram(blobs),
    environment: {
      kind: 'python',
      lockFile: lock.name,
      lockDigest: digest,
      packages: lock.packages.map(({ name, version }) => ({ name, version })),
      wheels: await archiveWheels(wheels, blobs),
      interpreter,
    },
  };
  return { record, built };
}

async function archiveWheels(
  wheels: readonly Wheel[],
  blobs: BlobStore,
): Promise<readonly NamedBlob[]> {
  const archived: NamedBlob[] = [];
  for (const { file, path, digest } of wheels) {
    // `fetchWheels` has just hashed it, and there are some 160 MB of them.
    const known = await blobs.standing(digest);
    const blob = known === undefined ? await blobs.putFile(path) : { digest, size: known.size };
    archived.push({ file, ...blob });
  }
  return archived;
}

async function archiveProgram(blobs: BlobStore): Promise<readonly NamedBlob[]> {
  const program: NamedBlob[] = [];
  const files = (await readdir(SOURCE)).filter((name) => name.endsWith('.py'));
  for (const file of files.toSorted())
    program.push({ file, ...(await blobs.putFile(join(SOURCE, file))) });
  return program;
}

/** A recorded reader, from the archive alone: no package index is asked. Throws PipelineError `blob_missing` and as `openReader`. */
export async function restoreReader(record: LakeReader, ground: Ground): Promise<OpenReader> {
  const { blobs, host, workDir, signal } = ground;
  const { interpreter: recorded, lockDigest, lockFile } = record.environment;
  const interpreter = await describeInterpreter(
    host.python ?? recordedProgram(recorded),
    host.hostEnvironment,
  );
  const wheels = record.environment.wheels.map(({ file, digest }) => {
    return { file, digest, path: join(workDir, 'wheels', archivedName(file)) };
  });
  const built = await buildPythonEnvironment({
    lock: parseLockFile(Buffer.from(await blobs.get(lockDigest)).toString('utf8'), lockFile),
    wheels,
    interpreter,
    cacheDir: host.cacheDir,
    uid: host.uid,
    fetch: async () => {
      await mkdir(join(workDir, 'wheels'), { recursive: true });
      for (const { digest, path } of wheels) await blobs.copyTo(digest, path);
    },
    signal,
  });
  return layOut({ record, built }, ground);
}

/** What was archived is what runs. */
async function layOut(
  { record, built }: Prepared,
  { blobs, host, workDir }: Ground,
): Promise<OpenReader> {
  const directory = join(workDir, 'program');
  await mkdir(directory, { recursive: true });
  for (const { file, digest } of record.program)
    await blobs.copyTo(digest, join(directory, archivedName(file)));
  const mounts = [...built.mounts, { source: directory, target: PROGRAM_PATH }];
  return { record, mounts, host, environment: built.directory };
}
