// SPDX-License-Identifier: Apache-2.0
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { visibleLines } from '@countersign/kernel';
import { startChecks } from './checks/index.ts';
import { readConfig } from './config-file.ts';
import type { AppContext } from './context.ts';
import { buildApp } from './http/index.ts';
import { jobRunners, startJobs } from './jobs/index.ts';
import { startNotices } from './notices/index.ts';
import { openContext } from './open-context.ts';
import { openData } from './open-data.ts';
import { startWarming } from './warm-pages.ts';

export interface StartOptions {
  readonly dataDir: string;
  /** Owner's URL; the one of config.json, or the embedded database, when absent. */
  readonly databaseUrl?: string;
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** The configured port unless given; 0 takes a free one. */
  readonly port?: number;
  /** Jobs that this process does at once; one unless given, none with 0. */
  readonly workers?: number;
  readonly now?: () => string;
  /** Told of every failure that is the server's own; to standard error unless given. */
  readonly onFailure?: (requestId: string, error: unknown) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  /** Digest of the founding record. */
  readonly root: string;
  readonly context: AppContext;
  /** Ends what is under way, then stops; an embedded database stops too. */
  close(): Promise<void>;
}

/**
 * Starts the server over a founded data directory: database, migrations, sequencer, status signer, jobs and HTTP.
 * Ready when it resolves: the founding record is checkpointed.
 * @throws ServerError `not_founded`, `config_invalid`, `founding_mismatch` and those of store and ledger
 */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { dataDir, host = '127.0.0.1', now = () => new Date().toISOString() } = options;
  const config = await readConfig(dataDir);
  const port = options.port ?? config.ports.api;
  const databaseUrl = options.databaseUrl ?? config.databaseUrl;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    // Before anything is opened: opening completes the replacement of a service's key, under a server that still runs.
    await requireFree(host, port);
    const data = await openData({ dataDir, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
    closers.push(data.close);
    const onFailure = options.onFailure ?? printFailure;
    const opened = await openContext(data, {
      config,
      origin: config.origin ?? `http://${host}:${port}`,
      now,
      onFailure: (error) => onFailure('feed', error),
    });
    closers.push(opened.close);
    const jobs = await startJobs(opened.context, jobRunners, { concurrency: options.workers ?? 1 });
    closers.push(() => jobs.stop());
    const context: AppContext = { ...opened.context, jobs };
    const notices = startNotices(opened.context, {
      onFailure: (error) => onFailure('notices', error),
    });
    closers.push(() => notices.stop());
    const checks = startChecks(opened.context, {
      jobs,
      offPeak: config.rebuilds,
      onFailure: (error) => onFailure('checks', error),
    });
    closers.push(() => checks.stop());
    const warming = startWarming(opened.context, {
      onFailure: (error) => onFailure('warming', error),
    });
    closers.push(() => warming.stop());
    const app = buildApp(context, { onFailure });
    closers.push(() => app.close());
    await app.listen({ host, port });
    const bound = (app.server.address() as AddressInfo).port; // listening on TCP, so it is not a path
    return { url: `http://${host}:${bound}`, port: bound, root: config.root, context, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

/** @throws the listening error, such as EADDRINUSE */
async function requireFree(host: string, port: number): Promise<void> {
  const probe = createServer();
  probe.listen({ host, port, exclusive: true });
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
}

function printFailure(requestId: string, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // A message may quote what a caller wrote, and an operator reads it on a terminal.
  console.error(`request ${requestId} failed: ${visibleLines(text)}`);
}
