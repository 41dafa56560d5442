// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import { tailOf } from '../process/run-process.ts';
import { runSandboxed } from '../sandbox/run-sandboxed.ts';
import { type Mount, prefixMounts, writeIdentityFiles } from '../sandbox/system-mounts.ts';
import { type Installer, installScript, PIP, RECIPES, UV_PATH } from './installer.ts';
import type { Interpreter } from './interpreter.ts';
import type { LockFile } from './lock-file.ts';
import type { Wheel } from './wheels.ts';

/** Where the environment lies inside every sandbox; scripts and `pyvenv.cfg` hold this path. */
export const ENVIRONMENT_PATH = '/env';

export interface PythonEnvironment {
  readonly directory: string;
  /** The environment and its interpreter, read-only. */
  readonly mounts: readonly Mount[];
  readonly cached: boolean;
}

export interface BuildOptions {
  readonly lock: LockFile;
  readonly wheels: readonly Wheel[];
  readonly interpreter: Interpreter;
  /** pip unless given. */
  readonly installer?: Installer | undefined;
  /** Built environments are kept here by what they were built from. */
  readonly cacheDir: string;
  readonly uid: number;
  /** Puts the wheels where they are said to lie; called only where the environment has to be built. */
  readonly fetch?: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

const BUILD_MS_MAX = 20 * 60 * 1000;
const BUILD_MEMORY_BYTES = 8 * 1024 ** 3;

/**
 * A virtual environment holding exactly the locked wheels, installed offline inside the sandbox by the sandbox's user:
 * neither pip nor uv runs with the platform's rights here. Throws PipelineError `environment_failed`.
 */
export async function buildPythonEnvironment(options: BuildOptions): Promise<PythonEnvironment> {
  const directory = join(options.cacheDir, 'environments', environmentKey(options));
  const prefix = await prefixMounts(options.interpreter.prefix);
  const mounts = [...prefix, { source: directory, target: ENVIRONMENT_PATH }];
  const isReady = await stat(join(directory, 'pyvenv.cfg')).catch(() => undefined); // not built yet
  if (isReady !== undefined) return { directory, mounts, cached: true };
  const staging = join(options.cacheDir, 'staging', randomUUID());
  try {
    await options.fetch?.();
    const target = await layOutStaging(staging, options);
    await install({ staging, target, prefix }, options);
    await mkdir(join(options.cacheDir, 'environments'), { recursive: true });
    // Another run may have built the same environment first; both hold the same wheels.
    await rename(target, directory).catch(() => {});
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { directory, mounts, cached: false };
}

function environmentKey(options: BuildOptions): string {
  const { wheels, interpreter, lock, uid, installer = PIP } = options;
  const parts = [
    RECIPES[installer.kind],
    interpreter.digest,
    interpreter.program,
    lock.digest,
    uid,
    wheels.map(({ digest }) => digest),
    ...(installer.kind === 'uv' ? [installer.digest] : []),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

async function layOutStaging(staging: string, options: BuildOptions): Promise<string> {
  const target = join(staging, 'env');
  await mkdir(target, { recursive: true });
  if (process.getuid?.() === 0) await chown(target, options.uid, options.uid);
  await chmod(target, 0o755);
  await writeIdentityFiles(join(staging, 'identity'), options.uid);
  const lockPath = join(staging, 'requirements.lock');
  await writeFile(lockPath, options.lock.text);
  return target;
}

interface Staging {
  readonly staging: string;
  readonly target: string;
  readonly prefix: readonly Mount[];
}

async function install({ staging, target, prefix }: Staging, options: BuildOptions): Promise<void> {
  const { installer = PIP, interpreter, lock } = options;
  const script = installScript({
    installer,
    python: interpreter.program,
    environment: ENVIRONMENT_PATH,
    isEmpty: lock.packages.length === 0,
  });
  const logPath = join(staging, 'log');
  const result = await runSandboxed({
    command: ['/bin/sh', '-ec', script],
    mounts: [
      ...prefix,
      { source: target, target: ENVIRONMENT_PATH, writable: true },
      { source: join(staging, 'requirements.lock'), target: '/requirements.lock' },
      ...(installer.kind === 'uv' ? [{ source: installer.path, target: UV_PATH }] : []),
      ...options.wheels.map(({ path, file }) => ({ source: path, target: `/wheels/${file}` })),
    ],
    cwd: '/tmp',
    env: { PATH: '/usr/bin:/bin', HOME: '/tmp', LC_ALL: 'C.UTF-8', PYTHONHASHSEED: '0' },
    network: false,
    uid: options.uid,
    timeoutMs: BUILD_MS_MAX,
    memoryBytes: BUILD_MEMORY_BYTES,
    logPath,
    identityDirectory: join(staging, 'identity'),
    signal: options.signal,
  });
  if (result.exit === 0) return;
  const said = tailOf(await readFile(logPath, 'utf8'));
  throw new PipelineError(
    'environment_failed',
    `the locked packages could not be installed offline: ${said}`,
  );
}
