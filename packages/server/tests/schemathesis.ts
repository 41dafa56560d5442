// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const INSTALL_TIMEOUT_MS = 600_000;
/** Pip says so when no index answers. One that answers without the pinned version is an error to be seen. */
const UNREACHABLE =
  /NewConnectionError|NameResolutionError|ConnectTimeout|ConnectionError|ProxyError|Network is unreachable|Failed to establish|Connection refused|Read timed out|from versions: none/;

export interface Run {
  readonly exitCode: number | null;
  readonly output: string;
}

/**
 * The `st` program of the pinned schemathesis, in a virtual environment made once and kept in the user's cache; or
 * `unreachable` with what pip said, where the Python package index is out of reach.
 */
export async function installedSchemathesis(): Promise<
  { readonly program: string } | { readonly unreachable: string }
> {
  const requirements = join(import.meta.dirname, 'schemathesis-requirements.txt');
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex');
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'countersign', `schemathesis-${digest.slice(0, 16)}`);
  const program = join(folder, 'bin', 'st');
  // Written last: a folder without it is a broken install and is made again.
  const ready = join(folder, '.ready');
  if (existsSync(ready)) return { program };
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const made = await runProgram('python3', ['-m', 'venv', folder], {
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (made.exitCode !== 0) throw new Error(`python3 -m venv failed: ${made.output}`);
  const python = join(folder, 'bin', 'python');
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:'];
  const installed = await runProgram(python, [...install, '-r', requirements], {
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (installed.exitCode !== 0) {
    if (UNREACHABLE.test(installed.output)) return { unreachable: installed.output };
    throw new Error(`pip install failed: ${installed.output}`);
  }
  await writeFile(ready, '');
  return { program };
}

/** Runs a program to its end; past `timeoutMs` it is killed and has no exit code. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly cwd?: string },
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (exitCode) =>
      resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}
