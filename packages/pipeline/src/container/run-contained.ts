// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { PipelineError } from '../errors.ts';
import { tailOf } from '../process/run-process.ts';
import {
  diskBytesOf,
  type SandboxOptions,
  type SandboxResult,
  writeLog,
} from '../sandbox/run-sandboxed.ts';
import { type Overuse, watchUse } from '../sandbox/watch-use.ts';
import { containerArguments } from './container-arguments.ts';
import { startGuardian } from './container-guardian.ts';
import { callTool } from './container-tool.ts';
import type { OpenedImage } from './open-image.ts';

/** How a step's container ended, as the tool tells. */
interface ContainerState {
  readonly status: string;
  readonly exit: number;
  readonly outOfMemory: boolean;
}

/**
 * Runs a command in a container of the image, laid out and limited as `runSandboxed` does it. When the promise resolves
 * the container is removed and no process of it is left; a guardian removes it when this process is killed. Throws
 * PipelineError `container_failed`; a command that fails is a result.
 */
export async function runContained(
  image: OpenedImage,
  options: SandboxOptions,
): Promise<SandboxResult> {
  const name = `countersign-${randomUUID()}`;
  const fileBytes = await diskBytesOf(options);
  const pidFile = `${options.logPath}.pid`;
  const { timeoutMs } = options;
  const args = await containerArguments(image, options, { name, fileBytes, timeoutMs, pidFile });
  const guardian = startGuardian(image.tool, name);
  const [program, ...globals] = image.tool.command;
  const child = spawn(program, [...globals, 'run', ...args], {
    env: { ...image.tool.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) guardian.watch(child.pid);
  let stopped: 'timeout' | 'abort' | Overuse | undefined;
  const stop = (why: NonNullable<typeof stopped>) => {
    stopped ??= why;
    guardian.kill().catch(() => {}); // awaited below
  };
  const timer = setTimeout(() => stop('timeout'), timeoutMs);
  const abort = () => stop('abort');
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted === true) abort();
  const endWatch = watch(options, { fileBytes, pidFile, onOveruse: stop });
  try {
    const said = await streams(child, options);
    const state = stopped === undefined ? await stateOf(image, name) : undefined;
    await (stopped === undefined ? guardian.removed() : guardian.kill());
    return judge(state, { stopped, said, image });
  } finally {
    endWatch();
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    // After an error nobody has told it yet.
    await guardian.kill().catch(() => {});
  }
}

function watch(
  options: SandboxOptions,
  on: {
    readonly fileBytes: number;
    readonly pidFile: string;
    readonly onOveruse: (what: Overuse) => void;
  },
): () => void {
  const { disk, memoryBytes } = options;
  if (disk === undefined) return () => {};
  const limits = { disk: { directory: disk.directory, bytes: on.fileBytes }, memoryBytes };
  return watchUse(() => firstProcess(on.pidFile), limits, on.onOveruse);
}

/** Podman writes it once the container runs; docker never does, and its memory is bounded by the cgroup alone. */
function firstProcess(pidFile: string): string | undefined {
  try {
    return /^\d+/.exec(readFileSync(pidFile, 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}

/** The step's output goes into its log; what the tool itself says is the answer. */
async function streams(child: ChildProcess, options: SandboxOptions): Promise<string> {
  let said = '';
  const closed = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve());
  });
  closed.catch(() => {}); // awaited below
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-4000);
  });
  if (child.stdout !== null) await writeLog([child.stdout], options);
  await closed;
  return said;
}

async function stateOf(image: OpenedImage, name: string): Promise<ContainerState | undefined> {
  const format = '{{.State.Status}} {{.State.ExitCode}} {{.State.OOMKilled}}';
  const asked = await callTool(image.tool, [
    ...['container', 'inspect', '--format', format, name],
  ]).catch(() => undefined); // never made
  const [status, exit, killed] = asked?.stdout.toString('utf8').trim().split(' ') ?? [];
  if (status === undefined || exit === undefined) return undefined;
  return { status, exit: Number(exit), outOfMemory: killed === 'true' };
}

function judge(
  state: ContainerState | undefined,
  how: {
    readonly stopped: 'timeout' | 'abort' | Overuse | undefined;
    readonly said: string;
    readonly image: OpenedImage;
  },
): SandboxResult {
  const { stopped, said, image } = how;
  if (stopped === 'timeout') return { exit: null, timedOut: true };
  if (stopped === 'abort') return { exit: null, timedOut: false };
  if (stopped !== undefined) return { exit: null, timedOut: false, overuse: stopped };
  if (state?.outOfMemory === true) return { exit: null, timedOut: false, overuse: 'memory' };
  if (state?.status === 'exited') return { exit: state.exit, timedOut: false };
  const reference = image.record.reference;
  const hint = /\/bin\/sh|executable file/.test(said)
    ? '; a step is a line for `/bin/sh`, which the image must have'
    : '';
  const message = `${image.tool.name} could not start a container of \`${reference}\`${hint}: ${said === '' ? 'it was killed' : tailOf(said)}`;
  throw new PipelineError('container_failed', message, { details: { image: reference } });
}
