// SPDX-License-Identifier: Apache-2.0
import { lstat, mkdir, readlink, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A path of the machine shown at a path of the sandbox; read-only unless `writable`. */
export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly writable?: boolean;
}

/** Where a distribution keeps programs and libraries; a symbolic link (merged /usr) stays one inside. */
const SYSTEM_ROOTS = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/** Loader cache, library alternatives and public certificates: nothing here is secret or a socket. */
const SYSTEM_FILES = [
  '/etc/ld.so.cache',
  '/etc/alternatives',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
  '/etc/ca-certificates',
  '/etc/ca-certificates.conf',
];

const NETWORK_FILES = ['/etc/resolv.conf', '/etc/hosts'];

/**
 * The bubblewrap arguments of the allow-listed root: /usr and its links, a few files of /etc, a minimal passwd. Nothing
 * else of the machine is reachable, so neither are Unix sockets or key files.
 */
export async function systemMountArguments(options: {
  readonly identityDirectory: string;
  readonly network: boolean;
}): Promise<readonly string[]> {
  const roots = await Promise.all(SYSTEM_ROOTS.map(rootArguments));
  const files = [...SYSTEM_FILES, ...(options.network ? NETWORK_FILES : [])];
  const identity = ['passwd', 'group', 'nsswitch.conf', ...(options.network ? [] : ['hosts'])];
  return [
    '--ro-bind',
    '/usr',
    '/usr',
    ...roots.flat(),
    ...['/etc', '/etc/ssl'].flatMap(directoryArguments),
    ...files.flatMap((path) => ['--ro-bind-try', path, path]),
    ...identity.flatMap((name) => [
      '--ro-bind',
      join(options.identityDirectory, name),
      `/etc/${name}`,
    ]),
  ];
}

/**
 * The arguments of mounts, with the directories above each made readable first: bubblewrap would make them for root
 * alone, and the step is another user.
 */
export function mountArguments(mounts: readonly Mount[]): readonly string[] {
  const made = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const earlier = mounts.slice(0, index).map(({ target }) => `${target}/`);
    const parents = parentsOf(mount.target).filter(
      (path) => !made.has(path) && !earlier.some((target) => `${path}/`.startsWith(target)),
    );
    for (const path of parents) made.add(path);
    const flag = mount.writable === true ? '--bind' : '--ro-bind';
    return [...parents.flatMap(directoryArguments), flag, mount.source, mount.target];
  });
}

function directoryArguments(path: string): readonly string[] {
  return ['--perms', '0755', '--dir', path];
}

function parentsOf(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

async function rootArguments(path: string): Promise<readonly string[]> {
  const found = await lstat(path).catch(() => undefined); // absent on this distribution
  if (found === undefined) return [];
  if (found.isSymbolicLink()) return ['--symlink', await readlink(path), path];
  return ['--ro-bind', path, path];
}

/** The few files of /etc that name the sandbox's one user; the machine's accounts stay unknown inside. */
export async function writeIdentityFiles(directory: string, uid: number): Promise<void> {
  await mkdir(directory, { recursive: true });
  const files = {
    passwd: `step:x:${uid}:${uid}::/tmp:/usr/sbin/nologin\n`,
    group: `step:x:${uid}:\n`,
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
}

/** Mounts that make an interpreter outside /usr (pyenv, conda, /opt) visible at its own path. */
export async function prefixMounts(prefix: string): Promise<readonly Mount[]> {
  const real = await realpath(prefix);
  const inside = [prefix, real].filter((path) => path !== '/usr' && !path.startsWith('/usr/'));
  return [...new Set(inside)].map((target) => ({ source: real, target }));
}
