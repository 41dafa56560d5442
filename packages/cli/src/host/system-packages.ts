// SPDX-License-Identifier: Apache-2.0
// Debian packages that the product or its tests call. Installed where we may, named with the command where we may not.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

export interface SystemPackage {
  readonly name: string;
  /** A file that is there when the package is. */
  readonly file: string;
  readonly why: string;
}

export const BUBBLEWRAP: SystemPackage = {
  name: 'bubblewrap',
  file: '/usr/bin/bwrap',
  why: 'the sandbox that training steps run in',
};

const PODMAN: readonly SystemPackage[] = [
  { name: 'podman', file: '/usr/bin/podman', why: 'containers of an image that steps run in' },
  { name: 'runc', file: '/usr/sbin/runc', why: 'what podman starts containers with' },
];

export const TEST_PACKAGES: readonly SystemPackage[] = [
  BUBBLEWRAP,
  ...PODMAN,
  { name: 'busybox-static', file: '/bin/busybox', why: 'the smallest image that tests run' },
  { name: 'chromium', file: '/usr/bin/chromium', why: 'the browser that the kernel is tested in' },
  {
    name: 'postgresql-15',
    file: '/usr/lib/postgresql/15/bin/postgres',
    why: 'the oldest PostgreSQL that the store is tested on',
  },
];

/** Installs what is missing. Returns a sentence saying what to do when that is not possible. */
export function ensurePackages(
  packages: readonly SystemPackage[],
  say: (text: string) => void,
): string | undefined {
  const missing = packages.filter(({ file }) => !existsSync(file));
  if (missing.length === 0) return undefined;
  const names = missing.map(({ name }) => name).join(' ');
  const command = `apt-get update && apt-get install -y --no-install-recommends ${names}`;
  const wanted = missing.map(({ name, why }) => `${name} (${why})`).join(', ');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return `missing: ${wanted}; run: sudo sh -c '${command}'`;
  }
  say(`installing ${wanted}`);
  const { status } = spawnSync('sh', ['-c', `${command} >&2`], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0 ? undefined : `could not install ${wanted}; run: ${command}`;
}
