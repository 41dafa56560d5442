// SPDX-License-Identifier: Apache-2.0
import { runProcess } from '../process/run-process.ts';
import { type Mount, mountArguments, systemMountArguments } from './system-mounts.ts';

/** What a command in the sandbox is given, whether it runs to its end or answers for as long as it is asked. */
export interface SandboxGround {
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
  readonly cwd: string;
  /** The whole environment inside; nothing of the caller's gets in. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: boolean;
  readonly uid: number;
  /** Of the address space of each process, of all of them together, of `/tmp` and of `/dev/shm`. */
  readonly memoryBytes: number;
  /** Made by `writeIdentityFiles` for the same uid. */
  readonly identityDirectory: string;
  /** The bubblewrap program; `bwrap` on the system's path by default. */
  readonly program?: string;
}

/** The whole environment of bubblewrap itself. */
export const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';

const PROCESSES_MAX = 512;
const OPEN_FILES_MAX = 4096;
/** From this version on bubblewrap takes a size for a file system in memory. */
const SIZED_TMPFS = [0, 7];

/**
 * Arguments that run a command with an allow-listed root, its own process, IPC, UTS and (unless `network`) network
 * namespaces, as another OS user when the caller is root and as a namespace identity otherwise.
 * @param around put before the command, inside every limit
 */
export async function sandboxArguments(
  options: SandboxGround,
  { fileBytes, around }: { readonly fileBytes: number; readonly around: readonly string[] },
): Promise<readonly string[]> {
  const asRoot = process.getuid?.() === 0;
  return [
    ...namespaceArguments(options, asRoot),
    ...(await systemMountArguments(options)),
    ...(await kernelMounts(options)),
    ...mountArguments(options.mounts),
    '--clearenv',
    ...Object.entries(options.env).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    options.cwd,
    '--',
    ...identityCommand(options, asRoot),
    ...limitCommand(options, { asRoot, fileBytes }),
    ...around,
    ...options.command,
  ];
}

function namespaceArguments(options: SandboxGround, asRoot: boolean): readonly string[] {
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

/** What lies in `/tmp` and `/dev/shm` is memory of the machine, which no limit of a process counts. */
async function kernelMounts(options: SandboxGround): Promise<readonly string[]> {
  const isSized = await takesSize(options.program ?? 'bwrap');
  const size = isSized ? ['--size', String(options.memoryBytes)] : [];
  const inMemory = (path: string) => ['--perms', '1777', ...size, '--tmpfs', path];
  return ['--proc', '/proc', '--dev', '/dev', ...inMemory('/dev/shm'), ...inMemory('/tmp')];
}

async function takesSize(program: string): Promise<boolean> {
  const asked = await runProcess(program, ['--version'], { env: { PATH: SEARCH_PATH } }).catch(
    () => undefined, // a program that is missing is reported where it is needed
  );
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(asked?.stdout.toString() ?? '') ?? [])
    .slice(1)
    .map(Number);
  const [since = 0, and = 0] = SIZED_TMPFS;
  return major > since || (major === since && minor >= and);
}

function identityCommand(options: SandboxGround, asRoot: boolean): readonly string[] {
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
function limitCommand(
  options: SandboxGround,
  { asRoot, fileBytes }: { readonly asRoot: boolean; readonly fileBytes: number },
): readonly string[] {
  return [
    '/usr/bin/prlimit',
    `--as=${options.memoryBytes}`,
    '--core=0',
    `--fsize=${fileBytes}`,
    `--nofile=${OPEN_FILES_MAX}`,
    ...(asRoot ? [`--nproc=${PROCESSES_MAX}`] : []),
    '--',
  ];
}
