// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { describeInterpreter } from '../environment/interpreter.ts';
import { parseLockFile } from '../environment/lock-file.ts';
import { buildPythonEnvironment } from '../environment/python-environment.ts';
import { fetchWheels } from '../environment/wheels.ts';
import { PipelineError } from '../errors.ts';
import type { PipelineDocument } from '../file/parse-pipeline-file.ts';
import type { Mount } from '../sandbox/system-mounts.ts';
import type { EnvironmentRecord, NamedBlob } from './result.ts';

export interface PreparedEnvironment {
  readonly record: EnvironmentRecord | null;
  readonly mounts: readonly Mount[];
}

export interface PrepareOptions {
  readonly document: PipelineDocument;
  readonly checkout: string;
  readonly blobs: BlobStore;
  readonly cacheDir: string;
  readonly python: string;
  readonly uid: number;
  readonly hostEnvironment: Readonly<Record<string, string>>;
  readonly onPhase: (text: string) => void;
  readonly signal: AbortSignal | undefined;
}

/**
 * Fetches or finds the locked wheels, archives every one, and builds or finds the environment. Throws PipelineError
 * `environment_unsupported`, `file_missing`, `lock_invalid`, `wheel_unavailable`, `interpreter_missing` or
 * `environment_failed`.
 */
export async function prepareEnvironment(options: PrepareOptions): Promise<PreparedEnvironment> {
  const { environment } = options.document.file;
  if (environment === undefined) return { record: null, mounts: [] };
  if ('image' in environment) {
    const line = options.document.lineOf(['environment', 'image']);
    const message = `${options.document.name}:${line}: container images cannot be run yet; use \`python: requirements.lock\``;
    throw new PipelineError('environment_unsupported', message);
  }
  const lock = parseLockFile(await readLock(options, environment.python), environment.python);
  const { hostEnvironment, cacheDir, signal, uid } = options;
  const interpreter = await describeInterpreter(options.python, hostEnvironment);
  options.onPhase(`wheels of ${lock.packages.length} locked packages`);
  const wheels = await fetchWheels({ lock, interpreter, cacheDir, hostEnvironment, signal });
  const archived: NamedBlob[] = [];
  for (const { file, path } of wheels)
    archived.push({ file, ...(await options.blobs.putFile(path)) });
  options.onPhase('Python environment, offline from the wheels');
  const built = await buildPythonEnvironment({ lock, wheels, interpreter, cacheDir, uid, signal });
  const record: EnvironmentRecord = {
    kind: 'python',
    lockFile: lock.name,
    lockDigest: (await options.blobs.put(new TextEncoder().encode(lock.text))).digest,
    packages: lock.packages.map(({ name, version }) => ({ name, version })),
    wheels: archived,
    interpreter,
  };
  return { record, mounts: built.mounts };
}

async function readLock(options: PrepareOptions, file: string): Promise<string> {
  return readFile(join(options.checkout, file), 'utf8').catch((cause: unknown) => {
    const line = options.document.lineOf(['environment', 'python']);
    const message = `${options.document.name}:${line}: the commit has no file \`${file}\``;
    throw new PipelineError('file_missing', message, { cause, details: { file } });
  });
}
