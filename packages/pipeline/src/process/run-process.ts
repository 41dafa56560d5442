// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';

export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment of the process; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ProcessResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly timedOut: boolean;
}

const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;
const TIMEOUT_MS_DEFAULT = 15 * 60 * 1000;

/** Runs a trusted tool (git, pip, python) to its end; a program that cannot be started rejects with its ENOENT. */
export function runProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? TIMEOUT_MS_DEFAULT,
      killSignal: 'SIGKILL',
      signal: options.signal,
    });
    const stdout = boundedBuffer();
    const stderr = boundedBuffer();
    child.stdout.on('data', stdout.add);
    child.stderr.on('data', stderr.add);
    child.on('error', reject);
    child.stdin.on('error', () => {}); // a program may end without reading its input; its exit code says enough
    child.on('close', (code, signal) =>
      resolve({
        code,
        stdout: stdout.bytes(),
        stderr: stderr.bytes().toString('utf8'),
        timedOut: signal === 'SIGKILL',
      }),
    );
    child.stdin.end(options.stdin ?? '');
  });
}

function boundedBuffer() {
  const chunks: Buffer[] = [];
  let size = 0;
  return {
    add: (chunk: Buffer): void => {
      if (size + chunk.length > OUTPUT_BYTES_MAX) return;
      size += chunk.length;
      chunks.push(chunk);
    },
    bytes: () => Buffer.concat(chunks),
  };
}

/** The last lines of an output, short enough for an error message. */
export function tailOf(text: string, charsMax = 2000): string {
  const trimmed = text.trimEnd();
  return trimmed.length <= charsMax ? trimmed : `…${trimmed.slice(-charsMax)}`;
}
