// SPDX-License-Identifier: Apache-2.0
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PipelineError } from '../errors.ts';
import { runProcess, tailOf } from '../process/run-process.ts';
import type { Interpreter } from './interpreter.ts';
import type { LockFile } from './lock-file.ts';
import { normalName } from './wheel-metadata.ts';

export interface Wheel {
  readonly file: string;
  readonly digest: string;
  readonly path: string;
}

export interface WheelOptions {
  readonly lock: LockFile;
  readonly interpreter: Interpreter;
  readonly cacheDir: string;
  /** For pip: how the package index is reached. */
  readonly hostEnvironment: Readonly<Record<string, string>>;
  /** Where the interpreter has no pip of its own, uv brings one. */
  readonly uv?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DOWNLOAD_MS_MAX = 30 * 60 * 1000;

/**
 * The wheels of a lock, from the cache or downloaded with `pip --require-hashes --only-binary :all:`. Every file is
 * hashed again here, whoever fetched it. Throws PipelineError `wheel_unavailable` or `environment_failed`.
 */
export async function fetchWheels(options: WheelOptions): Promise<readonly Wheel[]> {
  if (options.lock.packages.length === 0) return [];
  const key = `${options.lock.digest}-${options.interpreter.digest.slice(0, 16)}`;
  const directory = join(options.cacheDir, 'wheels', key);
  const cached = await verifiedWheels(directory, options.lock);
  if (cached !== undefined) return cached;
  const staging = join(options.cacheDir, 'staging', randomUUID());
  await mkdir(staging, { recursive: true });
  try {
    await download(options, staging);
    await rm(directory, { recursive: true, force: true });
    await mkdir(join(options.cacheDir, 'wheels'), { recursive: true });
    // Another run may have put the same wheels there first; what stands is verified next, whoever won.
    await rename(staging, directory).catch(() => {});
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  const wheels = await verifiedWheels(directory, options.lock);
  if (wheels !== undefined) return wheels;
  throw new PipelineError(
    'environment_failed',
    'pip left files that the lock does not name; try again',
  );
}

/** Undefined when the directory is absent, incomplete or holds a file whose digest the lock does not allow. */
export async function verifiedWheels(
  directory: string,
  lock: LockFile,
): Promise<readonly Wheel[] | undefined> {
  const files = await readdir(directory).catch(() => undefined); // not cached yet
  if (files === undefined) return undefined;
  const allowed = new Set(lock.packages.flatMap(({ hashes }) => hashes));
  const wheels = await Promise.all(
    files.toSorted().map(async (file) => {
      const path = join(directory, file);
      return { file, path, digest: await digestOf(path) };
    }),
  );
  return wheels.every(({ digest }) => allowed.has(digest)) ? wheels : undefined;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function download(options: WheelOptions, target: string): Promise<void> {
  const { lock } = options;
  const lockPath = `${target}.lock`;
  await writeFile(lockPath, lock.text);
  const flags = [
    '--require-hashes',
    '--only-binary',
    ':all:',
    '--no-input',
    '--progress-bar',
    'off',
  ];
  const [program, ...pip] = await pipCommand(options);
  const args = [...pip, 'download', '--disable-pip-version-check', ...flags];
  const result = await runProcess(program, [...args, '-r', lockPath, '-d', target], {
    env: options.hostEnvironment,
    timeoutMs: DOWNLOAD_MS_MAX,
    signal: options.signal,
  });
  await rm(lockPath, { force: true });
  if (result.code !== 0) throw downloadError(lock, result.stderr);
}

/** An interpreter that uv installed has no pip; uv itself cannot keep wheels as files. */
async function pipCommand({
  interpreter,
  uv,
  hostEnvironment,
}: WheelOptions): Promise<readonly [string, ...string[]]> {
  const own = ['-I', '-m', 'pip'] as const;
  if (uv === undefined) return [interpreter.program, ...own];
  const asked = await runProcess(interpreter.program, [...own, '--version'], {
    env: hostEnvironment,
  });
  return asked.code === 0
    ? [interpreter.program, ...own]
    : [uv, 'tool', 'run', '--quiet', '--python', interpreter.program, 'pip'];
}

/** `requirements.lock:12` for `name==version`, as far as the lock has it. */
function placeOf(lock: LockFile, requirement: string): string {
  const wanted = normalName(requirement.split('==')[0] ?? '');
  const line = lock.packages.find(({ name }) => normalName(name) === wanted)?.line;
  return line === undefined ? lock.name : `${lock.name}:${line}`;
}

function downloadError(lock: LockFile, stderr: string): PipelineError {
  const wanted = /No matching distribution found for ([^\s(]+)/.exec(stderr)?.[1];
  if (wanted !== undefined) {
    const message = `${placeOf(lock, wanted)}: no wheel of \`${wanted}\` fits this interpreter; packages that come only as source are refused, pick a version with wheels or run its steps in an image that holds it`;
    return new PipelineError('wheel_unavailable', message, { details: { package: wanted } });
  }
  if (/DO NOT MATCH THE HASHES/.test(stderr)) {
    const named = /^\s+([A-Za-z0-9._-]+==\S+) from /m.exec(stderr)?.[1] ?? '';
    const message = `${placeOf(lock, named)}: a downloaded file has another hash than the lock: ${tailOf(stderr)}`;
    return new PipelineError('wheel_unavailable', message);
  }
  const message = `pip could not download the packages of ${lock.name}: ${tailOf(stderr)}`;
  return new PipelineError('environment_failed', message);
}
