// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { pidOf, readAll, waitForEnd, whenClosed } from './run-sandboxed.ts';
import { type SandboxGround, SEARCH_PATH, sandboxArguments } from './sandbox-arguments.ts';
import { type Overuse, watchUse } from './watch-use.ts';

/** A command in the sandbox that is spoken with for as long as it runs. Its three streams must be read by the caller. */
export interface SandboxedProcess {
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** Resolves when no process of it is left; rejects with PipelineError `sandbox_missing` or `sandbox_failed`. */
  readonly ended: Promise<SandboxedEnd>;
  /** Ends every process of it. */
  kill(): void;
}

export interface SandboxedEnd {
  /** Exit code; 128 + n after signal n; null when it was killed from here. */
  readonly exit: number | null;
  /** What it took more of than it may. */
  readonly overuse?: Overuse;
  /** Whether bubblewrap got as far as starting the command. */
  readonly wasStarted: boolean;
}

/** It runs for months, and each look reads the machine's process table. */
const LOOK_EVERY_MS = 2000;

/**
 * Starts a command in the sandbox of `runSandboxed`, under the same limits, with its standard streams as pipes. It dies
 * with this process. Throws PipelineError `sandbox_missing`.
 */
export async function startSandboxed(options: SandboxGround): Promise<SandboxedProcess> {
  const args = await sandboxArguments(options, { fileBytes: options.memoryBytes, around: [] });
  const child = spawn(options.program ?? 'bwrap', args, {
    env: { PATH: SEARCH_PATH },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const closed = whenClosed(child);
  const isSpawned = await Promise.race([
    new Promise<true>((resolve) => child.once('spawn', () => resolve(true))),
    closed.then(() => false),
  ]);
  const [input, output, errors] = streamsOf(child);
  // A command that ends does not read what is still on its way; its end says enough.
  input.on('error', () => {});
  return {
    input,
    output,
    errors,
    ended: supervise(child, { closed: isSpawned ? closed : Promise.resolve(), options }),
    kill: () => void child.kill('SIGKILL'),
  };
}

function streamsOf(child: ChildProcess): readonly [Writable, Readable, Readable] {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('declared as pipes');
  return [stdin, stdout, stderr];
}

async function supervise(
  child: ChildProcess,
  { closed, options }: { readonly closed: Promise<void>; readonly options: SandboxGround },
): Promise<SandboxedEnd> {
  let statusText = '';
  let overuse: Overuse | undefined;
  const status = readAll(child.stdio[3] as Readable, (text) => {
    statusText += text;
  }); // declared as a pipe
  status.catch(() => {}); // awaited below
  const endWatch = watchUse(
    () => pidOf(statusText),
    { memoryBytes: options.memoryBytes, everyMs: LOOK_EVERY_MS },
    (what) => {
      overuse = what;
      child.kill('SIGKILL');
    },
  );
  try {
    await closed;
    await status;
  } finally {
    endWatch();
  }
  const pid = pidOf(statusText);
  if (pid !== undefined) await waitForEnd(pid);
  const exit = /"exit-code"\s*:\s*(\d+)/.exec(statusText)?.[1];
  return {
    exit: exit === undefined ? null : Number(exit),
    wasStarted: pid !== undefined,
    ...(overuse === undefined ? {} : { overuse }),
  };
}
