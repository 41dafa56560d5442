// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineError } from '../errors.ts';
import { tailOf } from '../process/run-process.ts';
import { type Mount, mountArguments, systemMountArguments } from './system-mounts.ts';

/** The uid of steps when the platform runs as root; no account of that number needs to exist. */
export const SANDBOX_UID = 61_184;

export interface SandboxOptions {
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
  readonly cwd: string;
  /** The whole environment inside; nothing of the caller's gets in. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: boolean;
  readonly uid: number;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** Standard output and error go here, cut at LOG_BYTES_MAX. */
  readonly logPath: string;
  /** Made by `writeIdentityFiles` for the same uid. */
  readonly identityDirectory: string;
  readonly onLog?: (chunk: Buffer) => void;
  readonly signal?: AbortSignal | undefined;
  /** The bubblewrap program; `bwrap` on the system's path by default. */
  readonly program?: string;
}

export interface SandboxResult {
  /** Exit code; 128 + n after signal n; null when the time limit or an abort ended it. */
  readonly exit: number | null;
  readonly timedOut: boolean;
}

const LOG_BYTES_MAX = 32 * 1024 * 1024;
const PROCESSES_MAX = 512;
const FILE_BYTES_MAX = 64 * 1024 ** 3;
const OPEN_FILES_MAX = 4096;
const END_WAIT_MS = 5000;

/**
 * Runs a command in bubblewrap with an allow-listed root, its own process, IPC, UTS and (unless `network`) network
 * namespaces, as another OS user when the caller is root and as a namespace identity otherwise. When the promise
 * resolves no process of the step is left. Throws PipelineError `sandbox_missing` or `sandbox_failed`; a command that
 * fails is a result.
 */
export async function runSandboxed(options: SandboxOptions): Promise<SandboxResult> {
  const asRoot = process.getuid?.() === 0;
  const args = [
    ...namespaceArguments(options, asRoot),
    ...(await systemMountArguments(options)),
    ...KERNEL_MOUNTS,
    ...mountArguments(options.mounts),
    '--clearenv',
    ...Object.entries(options.env).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    options.cwd,
    '--',
    ...identityCommand(options, asRoot),
    ...limitCommand(options, asRoot),
    ...options.command,
  ];
  return superviseBubblewrap(args, options);
}

function namespaceArguments(options: SandboxOptions, asRoot: boolean): readonly string[] {
  const uid = String(options.uid);
  return [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(options.network ? [] : ['--unshare-net']),
    ...(asRoot
      ? // setpriv needs these three for its change of user, after which no capability is left.
        [
          '--cap-drop',
          'ALL',
          ...['SETUID', 'SETGID', 'SETPCAP'].flatMap((c) => ['--cap-add', `CAP_${c}`]),
        ]
      : ['--unshare-user', '--uid', uid, '--gid', uid]),
    '--hostname',
    'sandbox',
    '--die-with-parent',
    '--new-session',
    '--json-status-fd',
    '3',
  ];
}

const KERNEL_MOUNTS: readonly string[] = [
  ...['--proc', '/proc', '--dev', '/dev'],
  ...['--perms', '1777', '--tmpfs', '/dev/shm'],
  ...['--perms', '1777', '--tmpfs', '/tmp'],
];

function identityCommand(options: SandboxOptions, asRoot: boolean): readonly string[] {
  if (!asRoot) return [];
  const uid = String(options.uid);
  const change = ['--reuid', uid, '--regid', uid, '--clear-groups'];
  return [
    '/usr/bin/setpriv',
    ...change,
    '--no-new-privs',
    '--inh-caps=-all',
    '--bounding-set=-all',
  ];
}

/** The process limit counts per user, so it is set only where the step has a user of its own. */
function limitCommand(options: SandboxOptions, asRoot: boolean): readonly string[] {
  return [
    '/usr/bin/prlimit',
    `--as=${options.memoryBytes}`,
    '--core=0',
    `--fsize=${FILE_BYTES_MAX}`,
    `--nofile=${OPEN_FILES_MAX}`,
    ...(asRoot ? [`--nproc=${PROCESSES_MAX}`] : []),
    '--',
  ];
}

async function superviseBubblewrap(
  args: readonly string[],
  options: SandboxOptions,
): Promise<SandboxResult> {
  const child = spawn(options.program ?? 'bwrap', args, {
    env: { PATH: SEARCH_PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let timedOut = false;
  const stop = () => child.kill('SIGKILL');
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, options.timeoutMs);
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    const closed = whenClosed(child);
    closed.catch(() => {}); // awaited below; a program that is missing fails before the log is open
    const status = collectText(child.stdio[3] as Readable); // declared as a pipe above
    await writeLog(child, options);
    await closed;
    return await judge(await status, { options, timedOut });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

function whenClosed(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause) => {
      const message = 'bubblewrap is not installed; run `apt-get install bubblewrap`';
      reject(new PipelineError('sandbox_missing', message, { cause }));
    });
    child.on('close', () => resolve());
  });
}

async function collectText(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}

async function writeLog(child: ChildProcess, options: SandboxOptions): Promise<void> {
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
    await Promise.all([child.stdout, child.stderr].map((stream) => drain(stream as Readable)));
  } finally {
    await file.close();
  }
}

async function judge(
  statusText: string,
  { options, timedOut }: { readonly options: SandboxOptions; readonly timedOut: boolean },
): Promise<SandboxResult> {
  const pid = /"child-pid"\s*:\s*(\d+)/.exec(statusText)?.[1];
  if (pid !== undefined) await waitForEnd(pid);
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
async function waitForEnd(pid: string): Promise<void> {
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
