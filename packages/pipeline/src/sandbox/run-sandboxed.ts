// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineError } from '../errors.ts';
import { tailOf } from '../process/run-process.ts';
import { type SandboxGround, SEARCH_PATH, sandboxArguments } from './sandbox-arguments.ts';
import { diskAllowance, type Overuse, watchUse } from './watch-use.ts';

/** The uid of steps when the platform runs as root; no account of that number needs to exist. */
export const SANDBOX_UID = 61_184;

export interface SandboxOptions extends SandboxGround {
  readonly timeoutMs: number;
  /** Where the step may write and how much; half of what is free there, and 64 GiB at most, unless given. */
  readonly disk?: { readonly directory: string; readonly bytes?: number };
  /** Standard output and error go here, cut at LOG_BYTES_MAX. */
  readonly logPath: string;
  readonly onLog?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface SandboxResult {
  /** Exit code; 128 + n after signal n; null when the time limit or an abort ended it. */
  readonly exit: number | null;
  readonly timedOut: boolean;
  /** What the step took more of than it may, and was ended for. */
  readonly overuse?: Overuse;
}

const LOG_BYTES_MAX = 32 * 1024 * 1024;
const FILE_BYTES_MAX = 64 * 1024 ** 3;
const END_WAIT_MS = 5000;

/**
 * Runs a command in bubblewrap with an allow-listed root, its own process, IPC, UTS and (unless `network`) network
 * namespaces, as another OS user when the caller is root and as a namespace identity otherwise. When the promise
 * resolves no process of the step is left. Throws PipelineError `sandbox_missing` or `sandbox_failed`; a command that
 * fails is a result.
 */
export async function runSandboxed(options: SandboxOptions): Promise<SandboxResult> {
  const diskBytes = await diskBytesOf(options);
  const args = await sandboxArguments(options, { fileBytes: diskBytes, around: IN_ONE_STREAM });
  return superviseBubblewrap(args, options, diskBytes);
}

export async function diskBytesOf({ disk }: Pick<SandboxOptions, 'disk'>): Promise<number> {
  if (disk === undefined) return FILE_BYTES_MAX;
  return disk.bytes ?? diskAllowance(disk.directory);
}

async function superviseBubblewrap(
  args: readonly string[],
  options: SandboxOptions,
  diskBytes: number,
): Promise<SandboxResult> {
  const child = spawn(options.program ?? 'bwrap', args, {
    env: { PATH: SEARCH_PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let timedOut = false;
  let statusText = '';
  const stop = () => endSandbox(child, () => pidOf(statusText));
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, options.timeoutMs);
  options.signal?.addEventListener('abort', stop, { once: true });
  // It may have come while the sandbox was being laid out.
  if (options.signal?.aborted === true) stop();
  let overuse: Overuse | undefined;
  const endWatch =
    options.disk === undefined
      ? () => {}
      : watchUse(
          () => pidOf(statusText),
          {
            disk: { directory: options.disk.directory, bytes: diskBytes },
            memoryBytes: options.memoryBytes,
          },
          (what) => {
            overuse = what;
            stop();
          },
        );
  try {
    const closed = whenClosed(child);
    closed.catch(() => {}); // awaited below; a program that is missing fails before the log is open
    const status = readAll(child.stdio[3] as Readable, (text) => {
      statusText += text;
    }); // declared as a pipe above
    await writeLog([child.stdout, child.stderr] as readonly Readable[], options); // declared as pipes above
    await closed;
    await status;
    return await judge(statusText, {
      options,
      timedOut,
      ...(overuse === undefined ? {} : { overuse }),
    });
  } finally {
    endWatch();
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

const KILL_LOOK_MS = 20;
const KILL_LOOKS_MAX = 100;

/**
 * Kills the namespace's first process, with which every other of it ends. Bubblewrap itself alone will not do: killed before
 * its child has asked to die with it, the child goes on. Until bubblewrap has said which process that is, there is a wait.
 */
function endSandbox(child: ChildProcess, pid: () => string | undefined, looks = 0): void {
  const first = pid();
  if (first !== undefined) {
    try {
      process.kill(Number(first), 'SIGKILL');
    } catch {
      // It has ended already.
    }
  }
  const isOver = child.exitCode !== null || child.signalCode !== null;
  if (first !== undefined || isOver || looks === KILL_LOOKS_MAX) {
    child.kill('SIGKILL');
    return;
  }
  setTimeout(() => endSandbox(child, pid, looks + 1), KILL_LOOK_MS);
}

export function whenClosed(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      const message = 'bubblewrap is not installed; run `apt-get install bubblewrap`';
      reject(new PipelineError('sandbox_missing', message, { cause }));
    });
    child.on('close', () => resolve());
  });
}

export async function readAll(stream: Readable, take: (text: string) => void): Promise<void> {
  for await (const chunk of stream) take(String(chunk));
}

/**
 * Standard error goes where standard output goes, so that the log has both in the order of writing: read from two pipes,
 * a line written in pieces (`rm` does so) would be broken by what came through the other.
 */
const IN_ONE_STREAM = ['/bin/sh', '-c', 'exec "$@" 2>&1', 'sh'];

/** The first process of the namespace, as bubblewrap says once it runs. */
export function pidOf(statusText: string): string | undefined {
  return /"child-pid"\s*:\s*(\d+)/.exec(statusText)?.[1];
}

/** Everything that comes out of the streams, up to LOG_BYTES_MAX, goes into the log. */
export async function writeLog(
  streams: readonly Readable[],
  options: Pick<SandboxOptions, 'logPath' | 'onLog'>,
): Promise<void> {
  const file = await open(options.logPath, 'w', 0o600);
  let left = LOG_BYTES_MAX;
  const drain = async (stream: Readable): Promise<void> => {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      options.onLog?.(bytes);
      const kept = bytes.subarray(0, Math.max(0, left));
      left -= kept.length;
      if (kept.length > 0) await file.write(kept);
    }
  };
  try {
    await Promise.all(streams.map(drain));
  } finally {
    await file.close();
  }
}

async function judge(
  statusText: string,
  how: {
    readonly options: SandboxOptions;
    readonly timedOut: boolean;
    readonly overuse?: Overuse;
  },
): Promise<SandboxResult> {
  const { options, timedOut, overuse } = how;
  const pid = pidOf(statusText);
  if (pid !== undefined) await waitForEnd(pid);
  if (overuse !== undefined) return { exit: null, timedOut, overuse };
  if (timedOut || options.signal?.aborted === true) return { exit: null, timedOut };
  const exit = /"exit-code"\s*:\s*(\d+)/.exec(statusText)?.[1];
  if (exit !== undefined) return { exit: Number(exit), timedOut };
  const said = tailOf(await readFile(options.logPath, 'utf8'));
  throw new PipelineError(
    'sandbox_failed',
    `bubblewrap could not set up the sandbox: ${said === '' ? 'it was killed' : said}`,
    { details: { said } },
  );
}

/**
 * The kernel ends every process of a PID namespace before its first process is gone or a zombie, so once that is seen
 * nothing of the step can write any more.
 */
export async function waitForEnd(pid: string): Promise<void> {
  const deadline = performance.now() + END_WAIT_MS;
  while (performance.now() < deadline) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''); // gone
    if (stat === '' || /\) Z /.test(stat)) return;
    await sleep(5);
  }
  throw new PipelineError(
    'sandbox_failed',
    `process \`${pid}\` of a step outlived its sandbox; end it by hand`,
  );
}
