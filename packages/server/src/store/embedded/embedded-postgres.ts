// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { installedBinaries, packagedBinaries } from './binaries.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { type LaunchOptions, launchPostgres, urlOf, waitReady } from './launch.ts';
import { chooseLauncher, type Launcher } from './launcher.ts';
import { giveUpOwnership, takeOwnership } from './owner.ts';
import { type Postmaster, readPostmaster, stopPostmaster } from './postmaster.ts';

export interface EmbeddedOptions {
  /** All of this server lives here: `data/`, `password`, `socket/`, `postgres.log`, `owner`. */
  readonly directory: string;
  /** Where a runnable copy of the packaged programs may be put; default `directory`. */
  readonly cacheDir?: string;
  /** Programs of an installed PostgreSQL instead of the packaged ones. */
  readonly binDir?: string;
  /** Server settings that override our own, as `name=value`. */
  readonly settings?: readonly string[];
  /** How the server is started; by default what works for whoever we are. */
  readonly launcher?: Launcher;
}

export interface EmbeddedPostgres {
  /** Superuser, over the Unix socket, database `postgres`. */
  readonly url: string;
  /** The same over TCP on 127.0.0.1, for clients that know no sockets. */
  readonly tcpUrl: string;
  readonly pid: number;
  /** True when a server was already running for this directory and was taken over. */
  readonly adopted: boolean;
  /** Stops the server cleanly; does nothing while another live process owns it. */
  stop(): Promise<void>;
}

/** Fast shutdown writes a checkpoint of at most `max_wal_size`; a minute covers a slow disk. */
const STOP_MS = 60_000;

/**
 * Starts PostgreSQL on `directory`, or adopts the server that runs there already: a process that was killed
 * leaves its server running, with every committed transaction. One that does not answer is stopped first.
 * @throws ServerError `postgres_missing`, `postgres_identity`, `postgres_failed`
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = resolve(options.directory);
  const launcher = options.launcher ?? (await chooseLauncher(process.getuid?.() ?? 1));
  const binaries =
    options.binDir === undefined
      ? await packagedBinaries(launcher, options.cacheDir ?? directory)
      : await installedBinaries(options.binDir, launcher);
  const cluster = await openCluster(directory, { binaries, launcher });
  const running = await adopt(cluster);
  const settings = options.settings ?? [];
  const postmaster =
    running ?? (await launchOrAdopt(directory, { cluster, binaries, launcher, settings }));
  const owned = await takeOwnership(directory);
  return {
    url: urlOf(postmaster, cluster, 'socket'),
    tcpUrl: urlOf(postmaster, cluster, 'tcp'),
    pid: postmaster.pid,
    adopted: running !== undefined,
    stop: async () => {
      if (owned) {
        await stopPostmaster(postmaster.pid, STOP_MS);
        await giveUpOwnership(directory);
      }
    },
  };
}

async function adopt(cluster: Cluster): Promise<Postmaster | undefined> {
  const found = await readPostmaster(cluster.dataDir);
  if (found === undefined) {
    return undefined;
  }
  const ready = await waitReady(cluster, found.pid);
  if (ready === undefined) {
    await stopPostmaster(found.pid, STOP_MS);
  }
  return ready;
}

/** The one retry covers two causes: another process started the server first, or took the chosen port. */
async function launchOrAdopt(directory: string, options: LaunchOptions): Promise<Postmaster> {
  try {
    return await launchPostgres(directory, options);
  } catch {
    return (await adopt(options.cluster)) ?? (await launchPostgres(directory, options));
  }
}
