// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../errors.ts';
import type { SandboxGround } from '../sandbox/sandbox-arguments.ts';
import type { Mount } from '../sandbox/system-mounts.ts';
import type { ContainerTool } from './container-tool.ts';
import type { OpenedImage } from './open-image.ts';

const PROCESSES_MAX = 512;
const OPEN_FILES_MAX = 4096;
/** Standard error goes where standard output goes: read from two pipes, the log would not have their order. */
const IN_ONE_STREAM = ['-c', 'exec "$@" 2>&1', 'sh'];

/**
 * The arguments of `podman run` and `docker run` for one step: no network unless asked for, a read-only root, no
 * capability, no way to new privileges, another user, limits of memory, processes, open files and file size, and no
 * variable but the step's own.
 */
export async function containerArguments(
  { tool, id }: OpenedImage,
  ground: SandboxGround,
  one: {
    readonly name: string;
    readonly fileBytes: number;
    readonly timeoutMs: number;
    readonly pidFile: string;
  },
): Promise<readonly string[]> {
  const isPodman = tool.name === 'podman';
  const user = userOf(tool, ground);
  const [first, ...rest] = ['/bin/sh', ...IN_ONE_STREAM, ...ground.command];
  return [
    ...['--name', one.name, '--pull', 'never', '--interactive=false', '--tty=false'],
    ...['--network', ground.network ? 'host' : 'none', '--hostname', 'sandbox'],
    ...['--read-only', '--cap-drop', 'all', '--security-opt', 'no-new-privileges'],
    ...user.flags,
    ...(await limitArguments(one.fileBytes)),
    ...(tool.limits.processes ? ['--pids-limit', String(PROCESSES_MAX)] : []),
    ...(tool.limits.memory ? memoryArguments(ground.memoryBytes) : []),
    ...['--ipc', 'private', '--cgroupns', 'private', '--log-driver', 'none', '--no-healthcheck'],
    ...['--sig-proxy=false', '--shm-size', String(ground.memoryBytes)],
    ...['--tmpfs', temporaryFiles(ground, isPodman)],
    ...(isPodman ? podmanArguments(one) : []),
    ...mountsOf(ground, user).flatMap(mountArgument),
    ...['--workdir', ground.cwd],
    ...Object.entries(ground.env).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--entrypoint', first ?? '/bin/sh', `sha256:${id}`, ...rest],
  ];
}

/** What only podman has: no files of the host's, no volumes of the image's, a limit of time that outlives us. */
function podmanArguments(one: {
  readonly timeoutMs: number;
  readonly pidFile: string;
}): readonly string[] {
  return [
    ...['--read-only-tmpfs=false', '--image-volume', 'ignore', '--systemd=false'],
    ...['--http-proxy=false', '--security-opt', 'label=disable', '--uts', 'private'],
    ...['--timeout', String(Math.ceil(one.timeoutMs / 1000) + 10), '--pidfile', one.pidFile],
  ];
}

/**
 * As root, a uid without an account. A rootless podman maps the caller's own uid to that one, so that what the step writes
 * is the caller's; it is an ordinary user in the container, and holds no capability either way.
 */
function userOf(tool: ContainerTool, ground: SandboxGround): ContainerUser {
  const { uid } = ground;
  if (process.getuid?.() === 0) return { flags: ['--user', `${uid}:${uid}`], isNamed: true };
  if (tool.canMapUser)
    return {
      flags: ['--userns', `keep-id:uid=${uid},gid=${uid}`, '--user', `${uid}:${uid}`],
      isNamed: true,
    };
  const own = ['--user', `${process.getuid?.()}:${process.getgid?.()}`];
  const map = tool.name === 'podman' && tool.isRootless ? ['--userns', 'keep-id'] : [];
  return { flags: [...map, ...own], isNamed: false };
}

interface ContainerUser {
  readonly flags: readonly string[];
  /** Whether it is the user that the identity files name. */
  readonly isNamed: boolean;
}

/** The step's own: runc gives it the mode that the image's `/tmp` has, and podman the content too. */
function temporaryFiles({ memoryBytes, uid }: SandboxGround, isPodman: boolean): string {
  const owner = isPodman ? 'U,notmpcopyup' : `uid=${uid},gid=${uid}`;
  return `/tmp:rw,exec,nosuid,nodev,mode=1777,${owner},size=${memoryBytes}`;
}

function memoryArguments(bytes: number): readonly string[] {
  return ['--memory', String(bytes), '--memory-swap', String(bytes)];
}

/** Never above the hard limits of this process: without CAP_SYS_RESOURCE the runtime could not set them. */
async function limitArguments(fileBytes: number): Promise<readonly string[]> {
  const text = await readFile('/proc/self/limits', 'utf8');
  const wanted = [
    ['nofile', OPEN_FILES_MAX, /^Max open files\s+\S+\s+(\d+)/m],
    ['nproc', PROCESSES_MAX, /^Max processes\s+\S+\s+(\d+)/m],
    ['fsize', fileBytes, /^Max file size\s+\S+\s+(\d+)/m],
    ['core', 0, /^Max core file size\s+\S+\s+(\d+)/m],
  ] as const;
  // The limit of processes counts per user, so it is set only where the step has a user of its own.
  const set = wanted.filter(([name]) => name !== 'nproc' || process.getuid?.() === 0);
  return set.flatMap(([name, value, pattern]) => {
    const hard = pattern.exec(text)?.[1];
    const most = hard === undefined ? value : Math.min(value, Number(hard));
    return ['--ulimit', `${name}=${most}:${most}`];
  });
}

/** The machine's accounts, hosts and the image's own stay unknown inside, as in the sandbox. */
function mountsOf(ground: SandboxGround, { isNamed }: ContainerUser): readonly Mount[] {
  const identity = [...(isNamed ? ['passwd', 'group'] : []), ...(ground.network ? [] : ['hosts'])];
  const files = identity.map((name) => ({
    source: join(ground.identityDirectory, name),
    target: `/etc/${name}`,
  }));
  return [...files, ...ground.mounts];
}

/** Both tools read `--mount` as comma-separated and `--volume` as colon-separated text. */
function mountArgument({ source, target, writable }: Mount): readonly string[] {
  const both = `${source}${target}`;
  const mode = writable === true ? '' : ',readonly';
  if (!/[,"]/.test(both)) return ['--mount', `type=bind,source=${source},target=${target}${mode}`];
  if (!both.includes(':'))
    return ['--volume', `${source}:${target}${mode.replace(',readonly', ':ro')}`];
  const message = `\`${target}\` cannot be shown in a container: its name holds both a comma and a colon; rename it`;
  throw new PipelineError('environment_unsupported', message, { details: { path: target } });
}
