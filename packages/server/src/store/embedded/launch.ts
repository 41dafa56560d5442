// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import {
  chown,
  type FileHandle,
  mkdir,
  mkdtemp,
  open,
  readFile,
  rename,
  stat,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ServerError } from '../../errors.ts';
import type { Binaries } from './binaries.ts';
import { type Cluster, SUPERUSER } from './cluster.ts';
import type { Launcher } from './launcher.ts';
import { isAlive, type Postmaster, readPostmaster } from './postmaster.ts';
import { serverSettings } from './server-settings.ts';

export interface LaunchOptions {
  readonly cluster: Cluster;
  readonly binaries: Binaries;
  readonly launcher: Launcher;
  readonly settings: readonly string[];
}

/** Crash recovery replays at most about `max_wal_size` of WAL. */
export const START_MS = 60_000;

/**
 * Starts the server process and waits until it answers.
 * @throws ServerError `postgres_failed` with the end of its log
 */
export async function launchPostgres(
  directory: string,
  options: LaunchOptions,
): Promise<Postmaster> {
  const logPath = join(directory, 'postgres.log');
  const log = await openLog(logPath);
  const child = await spawnPostgres(directory, { ...options, log });
  await log.close();
  const ended = new Promise<undefined>((settle) => {
    child.once('error', () => settle(undefined));
    child.once('exit', () => settle(undefined));
  });
  const ready = await Promise.race([ended, waitReady(options.cluster, child.pid ?? 0)]);
  if (ready === undefined) {
    const tail = (await readFile(logPath, 'utf8')).trim().split('\n').slice(-3).join(' | ');
    throw new ServerError(
      'postgres_failed',
      `the database did not start: \`${tail}\`; see \`${logPath}\``,
      { details: { logPath } },
    );
  }
  return ready;
}

async function spawnPostgres(directory: string, options: LaunchOptions & { log: FileHandle }) {
  const { cluster, binaries, launcher, log } = options;
  const socketDir = await socketDirectory(directory, launcher);
  const settings = [...serverSettings(binaries.majorVersion, socketDir), ...options.settings];
  const [command = '', ...args] = [
    ...launcher.prefix,
    join(binaries.binDir, 'postgres'),
    '-D',
    cluster.dataDir,
    '-p',
    String(await freePort()),
    ...settings.flatMap((setting) => ['-c', setting]),
  ];
  // Its own session: an interrupt typed at our terminal must not stop the database before we have finished
  // with it. Its own log file: a pipe to us would break when we are killed.
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    cwd: directory,
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
  });
  child.unref();
  return child;
}

/** The running server of a cluster once it answers a query; undefined when it ends or stays silent. */
export async function waitReady(cluster: Cluster, pid: number): Promise<Postmaster | undefined> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && isAlive(pid)) {
    const found = await readPostmaster(cluster.dataDir);
    if (found?.pid === pid && found.ready && (await answers(urlOf(found, cluster, 'socket')))) {
      return found;
    }
    await sleep(10);
  }
  return undefined;
}

export function urlOf(postmaster: Postmaster, cluster: Cluster, by: 'socket' | 'tcp'): string {
  const tcp = `postgres://${SUPERUSER}:${cluster.password}@127.0.0.1:${postmaster.port}/postgres`;
  return by === 'tcp' ? tcp : `${tcp}?host=${encodeURIComponent(postmaster.socketDir)}`;
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // a server that goes away right after answering fails the next query
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** A socket's path has room for 107 bytes (unix(7)), `/.s.PGSQL.65535` included. */
async function socketDirectory(directory: string, launcher: Launcher): Promise<string> {
  const own = join(directory, 'socket');
  const fits = Buffer.byteLength(own) <= 90;
  const path = fits ? own : await mkdtemp(join(tmpdir(), 'countersign-'));
  await mkdir(path, { recursive: true, mode: 0o700 });
  if (launcher.name === 'setpriv') {
    await chown(path, launcher.uid, launcher.uid);
  }
  return path;
}

/** Another program may take the port before PostgreSQL does: then the start fails, and is worth repeating. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((settle, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', settle);
  });
  const address = server.address();
  await new Promise((settle) => server.close(settle));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** One earlier log is kept, so that the file cannot grow without end. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;

async function openLog(path: string): Promise<FileHandle> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES_MAX) {
    await rename(path, `${path}.1`);
  }
  return open(path, 'a', 0o600);
}
