// SPDX-License-Identifier: Apache-2.0
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { containerToolEnvironment } from '../container/container-tool.ts';
import { type OpenedImage, openImage } from '../container/open-image.ts';
import { PipelineError } from '../errors.ts';
import type {
  EnvironmentRecord,
  HostEnvironmentRecord,
  ImageEnvironmentRecord,
  PythonEnvironmentRecord,
} from '../run/result.ts';
import { type Mount, writeIdentityFiles } from '../sandbox/system-mounts.ts';
import { archivedName } from './archived-name.ts';
import { hostToolEnvironment } from './host-environment.ts';
import { configurationMounts, requireHostPrograms } from './host-programs.ts';
import { type Installer, PIP, RECIPES } from './installer.ts';
import { describeInterpreter } from './interpreter.ts';
import { parseLockFile } from './lock-file.ts';
import { buildPythonEnvironment } from './python-environment.ts';
import { recordedProgram } from './recorded-program.ts';
import type { Wheel } from './wheels.ts';

/** What steps run in. */
export interface StepEnvironment {
  /** Shown read-only in every sandbox. */
  readonly mounts: readonly Mount[];
  /** Steps run in containers of it instead of the sandbox. */
  readonly image?: OpenedImage;
  /** Where wheels were installed and which: a diverging rebuild asks whether they still are what they were. */
  readonly installed?: { readonly directory: string; readonly wheels: readonly Wheel[] };
  /** Removes what was laid out for this run alone. */
  readonly close: () => Promise<void>;
}

export interface RestoreOptions {
  readonly blobs: BlobStore;
  readonly scratch: string;
  /** Environments built before, and images loaded before; without it everything is laid out anew below `scratch`. */
  readonly cacheDir?: string | undefined;
  /** The recorded interpreter's path by default. */
  readonly python?: string | undefined;
  readonly uid: number;
  readonly callerEnvironment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Nothing to undo. */
export const NOTHING_TO_CLOSE = () => Promise.resolve();

/**
 * A recorded environment from its archived parts alone, or the machine's own programs held against the record. Throws
 * PipelineError `interpreter_differs`, `interpreter_missing`, `environment_differs`, `environment_failed`,
 * `container_missing`, `container_failed`, `image_invalid`, `blob_missing` or `blob_corrupt`.
 */
export function restoreEnvironment(
  environment: EnvironmentRecord | null,
  options: RestoreOptions,
): Promise<StepEnvironment> {
  if (environment === null) return Promise.resolve({ mounts: [], close: NOTHING_TO_CLOSE });
  if (environment.kind === 'image') return restoreImage(environment, options);
  if (environment.kind === 'host') return restoreHost(environment, options);
  return restorePython(environment, options);
}

/** The recorded wheels, from the blob store, installed for the recorded interpreter and no other. */
async function restorePython(
  environment: PythonEnvironmentRecord,
  options: RestoreOptions,
): Promise<StepEnvironment> {
  const program = options.python ?? recordedProgram(environment.interpreter);
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
    const path = join(options.scratch, 'wheels', archivedName(file));
    await options.blobs.copyTo(digest, path);
    wheels.push({ file, digest, path });
  }
  const installer = await restoreInstaller(environment, options);
  const built = await buildPythonEnvironment({
    installer,
    lock: parseLockFile(text, environment.lockFile),
    wheels,
    interpreter,
    cacheDir: options.cacheDir ?? join(options.scratch, 'environment'),
    uid: options.uid,
    signal: options.signal,
  });
  const installed = { directory: built.directory, wheels };
  return { mounts: built.mounts, installed, close: NOTHING_TO_CLOSE };
}

/** The archived program; it is started in the sandbox alone. */
async function restoreInstaller(
  { installer, recipe = RECIPES.pip }: PythonEnvironmentRecord,
  options: RestoreOptions,
): Promise<Installer> {
  if (recipe === RECIPES.pip) return PIP;
  if (recipe !== RECIPES.uv || installer === undefined) {
    const message = `the environment was built by \`${recipe}\`, which this release does not know; rebuild with the release that made it`;
    throw new PipelineError('environment_failed', message);
  }
  const path = join(options.scratch, 'installer', 'uv');
  await options.blobs.copyTo(installer.digest, path);
  await chmod(path, 0o755);
  return { kind: 'uv', path, digest: installer.digest, says: installer.says };
}

async function restoreImage(
  environment: ImageEnvironmentRecord,
  options: RestoreOptions,
): Promise<StepEnvironment> {
  const { blobs, scratch, cacheDir, signal } = options;
  const image = await openImage({
    image: environment.image,
    blobs,
    storage: containerStorage(cacheDir ?? scratch),
    isScratch: cacheDir === undefined,
    scratch,
    env: containerToolEnvironment(options.callerEnvironment),
    signal,
  });
  return { mounts: [], image, close: image.close };
}

async function restoreHost(
  environment: HostEnvironmentRecord,
  options: RestoreOptions,
): Promise<StepEnvironment> {
  const identityDirectory = join(options.scratch, 'identity');
  await writeIdentityFiles(identityDirectory, options.uid);
  const ground = { workDir: options.scratch, identityDirectory, uid: options.uid };
  await requireHostPrograms(environment.programs, ground);
  return { mounts: await configurationMounts(), close: NOTHING_TO_CLOSE };
}

/** Where podman keeps the images of this package, below a cache or a scratch directory. */
export function containerStorage(directory: string): string {
  return join(directory, 'containers');
}
