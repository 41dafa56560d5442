// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../errors.ts';
import { type ProcessResult, runProcess, tailOf } from '../process/run-process.ts';

/** Podman or docker, and how it is called. */
export interface ContainerTool {
  readonly name: 'podman' | 'docker';
  /** Name, version and runtime, as recorded. */
  readonly says: string;
  readonly isRootless: boolean;
  /** Whether it can show the caller as another user inside: rootless podman since 4.3. */
  readonly canMapUser: boolean;
  /** Which limits of cgroups it can set here. */
  readonly limits: { readonly memory: boolean; readonly processes: boolean };
  /** The program with what stands before every subcommand. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment of the tool; none of it reaches a container. */
  readonly env: Readonly<Record<string, string>>;
}

const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';
const TOOL_NAMES = ['HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'DOCKER_HOST'];
const ASK_MS_MAX = 60_000;
/** In this order: crun before 1.8.4 cannot start a container under a kernel's cgroups of version 1. */
const RUNTIMES = ['/usr/bin/runc', '/usr/sbin/runc'];

/** `--userns keep-id:uid=…,gid=…`. */
const KEEP_ID_SINCE = [4, 3] as const;

const podmanInfo = z.looseObject({
  host: z.looseObject({
    cgroupControllers: z.array(z.string()).nullish(),
    ociRuntime: z.looseObject({ name: z.string(), version: z.string() }),
    security: z.looseObject({ rootless: z.boolean() }),
  }),
  version: z.looseObject({ Version: z.string() }),
});
const dockerInfo = z.looseObject({
  ServerVersion: z.string(),
  DefaultRuntime: z.string().optional(),
  MemoryLimit: z.boolean().optional(),
  PidsLimit: z.boolean().optional(),
  SecurityOptions: z.array(z.string()).nullish(),
});

/** The variables that podman or docker need of their caller to find their own sockets and stores. */
export function containerToolEnvironment(
  caller: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const picked = TOOL_NAMES.flatMap((name) => {
    const value = caller[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { PATH, HOME: homedir(), LC_ALL: 'C.UTF-8', ...Object.fromEntries(picked) };
}

/**
 * The container tool of this machine: podman with a store of its own below `storage` (nothing that the machine's other
 * containers can see or clear), else docker with its daemon. Throws PipelineError `container_missing`.
 */
export async function findContainerTool(options: {
  readonly storage: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<ContainerTool> {
  const podman = await openPodman(options);
  if (typeof podman !== 'string') return podman;
  const docker = await openDocker(options.env);
  if (typeof docker !== 'string') return docker;
  const why = `${podman}; ${docker}`;
  const message = `a container image needs podman or docker: ${why}; run \`apt-get install --no-install-recommends podman runc\``;
  throw new PipelineError('container_missing', message);
}

/** Runs a subcommand of the tool; throws PipelineError `container_failed` unless it ends with 0. */
export async function callTool(
  tool: ContainerTool,
  args: readonly string[],
  options: { readonly signal?: AbortSignal | undefined; readonly cwd?: string } = {},
): Promise<ProcessResult> {
  const [program, ...globals] = tool.command;
  const result = await runProcess(program, [...globals, ...args], { env: tool.env, ...options });
  if (result.code === 0) return result;
  const message = `\`${tool.name} ${args[0] ?? ''}\` ended with ${result.code}: ${tailOf(result.stderr)}`;
  throw new PipelineError('container_failed', message, { details: { tool: tool.name } });
}

async function openPodman(options: {
  readonly storage: string;
  readonly env: Readonly<Record<string, string>>;
}): Promise<ContainerTool | string> {
  const command = ['podman', ...(await podmanFlags(options.storage))] as const;
  const asked = await ask(command, ['info', '--format', 'json'], options.env);
  if (typeof asked === 'string') return asked;
  const parsed = podmanInfo.safeParse(asked);
  if (!parsed.success) return 'podman describes itself in an unknown way';
  const { host, version } = parsed.data;
  const controllers = host.cgroupControllers ?? [];
  const [runtime = host.ociRuntime.name] = host.ociRuntime.version.split('\n');
  return {
    name: 'podman',
    says: `podman ${version.Version}, ${runtime}`,
    isRootless: host.security.rootless,
    canMapUser: host.security.rootless && isSince(version.Version, KEEP_ID_SINCE),
    limits: { memory: controllers.includes('memory'), processes: controllers.includes('pids') },
    command: [...command],
    env: options.env,
  };
}

/**
 * A store of our own: podman records in it where its state lies, so the three go together. Without systemd, and for root
 * anyhow, it makes its cgroups itself.
 */
async function podmanFlags(storage: string): Promise<readonly string[]> {
  const asRoot = process.getuid?.() === 0;
  const runtime = RUNTIMES.find((path) => existsSync(path));
  const state = await stateDirectory(storage);
  const isVersionOne = !(await isUnifiedHierarchy());
  return [
    ...['--root', join(storage, 'images')],
    ...['--runroot', join(state, 'run')],
    ...['--tmpdir', join(state, 'tmp')],
    ...(asRoot || isVersionOne ? ['--cgroup-manager', 'cgroupfs'] : []),
    ...(runtime === undefined ? [] : ['--runtime', runtime]),
    ...['--events-backend', 'none', '--log-level', 'error'],
  ];
}

/**
 * Podman takes no path of more than 50 characters for its state, so it lies in /tmp, where others may write: the directory
 * must be ours.
 */
async function stateDirectory(storage: string): Promise<string> {
  const own = process.getuid?.() ?? 0;
  const parent = `/tmp/countersign-${own}`;
  await mkdir(parent, { mode: 0o711 }).catch(() => {}); // there already; looked at next
  const found = await lstat(parent);
  if (!found.isDirectory() || found.uid !== own) {
    const message = `\`${parent}\` is not a directory of uid ${own}; remove it`;
    throw new PipelineError('container_failed', message, { details: { directory: parent } });
  }
  return join(parent, createHash('sha256').update(storage).digest('hex').slice(0, 12));
}

/** Removes the store and the state of a tool that nothing runs in any more. */
export async function removeStorage(storage: string): Promise<void> {
  await rm(storage, { recursive: true, force: true });
  await rm(await stateDirectory(storage), { recursive: true, force: true });
}

async function isUnifiedHierarchy(): Promise<boolean> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  return / \/sys\/fs\/cgroup cgroup2 /.test(mounts);
}

function isSince(version: string, [since, and]: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > since || (major === since && minor >= and);
}

async function openDocker(env: Readonly<Record<string, string>>): Promise<ContainerTool | string> {
  const asked = await ask(['docker'], ['info', '--format', '{{json .}}'], env);
  if (typeof asked === 'string') return asked;
  const parsed = dockerInfo.safeParse(asked);
  // A client without a daemon prints what it knows of itself and ends with 0 or 1, by version.
  if (!parsed.success || parsed.data.ServerVersion === '') return 'docker has no daemon running';
  const { ServerVersion, DefaultRuntime, MemoryLimit, PidsLimit, SecurityOptions } = parsed.data;
  return {
    name: 'docker',
    says: `docker ${ServerVersion}, ${DefaultRuntime ?? 'its default runtime'}`,
    canMapUser: false,
    isRootless: (SecurityOptions ?? []).some((one) => one.includes('rootless')),
    limits: { memory: MemoryLimit === true, processes: PidsLimit === true },
    command: ['docker'],
    env,
  };
}

/** What the tool says as JSON, or why it could not be asked. */
async function ask(
  [program, ...globals]: readonly [string, ...string[]],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<unknown> {
  const options = { env, timeoutMs: ASK_MS_MAX };
  const result = await runProcess(program, [...globals, ...args], options).catch(() => undefined);
  if (result === undefined) return `${program} is not installed`;
  if (result.code !== 0) return `${program} does not work here: ${tailOf(result.stderr, 300)}`;
  try {
    return JSON.parse(result.stdout.toString('utf8'));
  } catch {
    return `${program} describes itself in an unknown way`;
  }
}
