// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  lchown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerError } from '../../errors.ts';
import type { Binaries } from './binaries.ts';
import type { Launcher } from './launcher.ts';

const run = promisify(execFile);

/** The database superuser of the embedded server. Its password never leaves the data directory. */
export const SUPERUSER = 'countersign';

export interface Cluster {
  readonly dataDir: string;
  readonly password: string;
}

/**
 * Opens the cluster under `directory`, creating it on first use: UTF-8, a collation that no library update
 * can change (builtin C.UTF-8 from PostgreSQL 17, the C library's before), data checksums, passwords by SCRAM.
 * @throws ServerError `postgres_failed`
 */
export async function openCluster(
  directory: string,
  with_: { binaries: Binaries; launcher: Launcher },
): Promise<Cluster> {
  const dataDir = join(directory, 'data');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await chmod(directory, 0o700);
  const password = await readPassword(directory);
  await giveTo(directory, with_.launcher.uid);
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) {
    await createCluster(directory, with_);
  } else if (Number(version) !== with_.binaries.majorVersion) {
    throw new ServerError(
      'postgres_failed',
      `\`${dataDir}\` belongs to PostgreSQL ${version.trim()}, not ${with_.binaries.majorVersion}; restore a backup into a new directory`,
      { details: { dataDir, version: version.trim() } },
    );
  }
  return { dataDir, password };
}

async function createCluster(
  directory: string,
  { binaries, launcher }: { binaries: Binaries; launcher: Launcher },
): Promise<void> {
  // A crash during initdb leaves `data.partial`, which the next start removes; `data` exists only whole.
  const partial = join(directory, 'data.partial');
  await rm(partial, { recursive: true, force: true });
  const locale =
    binaries.majorVersion >= 17
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--locale=C.UTF-8'];
  const words = [
    ...launcher.prefix,
    join(binaries.binDir, 'initdb'),
    `--pgdata=${partial}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${join(directory, 'password')}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--data-checksums',
    '--no-instructions',
    ...locale,
  ];
  const [command, ...args] = words;
  await run(command ?? '', args, { cwd: directory }).catch((cause) => {
    throw new ServerError('postgres_failed', `initdb failed: \`${lastLine(cause)}\``, { cause });
  });
  await rename(partial, join(directory, 'data'));
}

async function readPassword(directory: string): Promise<string> {
  const path = join(directory, 'password');
  const existing = await readFile(path, 'utf8').catch(() => undefined);
  if (existing !== undefined) {
    return existing.trim();
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(path, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}

/** Only root can give files away; it must when a directory changes between `unshare` and `setpriv`. */
async function giveTo(path: string, uid: number): Promise<void> {
  if (process.getuid?.() !== 0 || (await stat(path)).uid === uid) {
    return;
  }
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    await lchown(join(entry.parentPath, entry.name), uid, uid);
  }
  await chown(path, uid, uid);
}

function lastLine(cause: unknown): string {
  const stderr = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
  return stderr.trim().split('\n').at(-1) ?? '';
}
