// SPDX-License-Identifier: Apache-2.0
import { readConfig } from './config-file.ts';
import { ServerError } from './errors.ts';
import { jobRunners, startJobs } from './jobs/index.ts';
import { openContext } from './open-context.ts';
import { openData } from './open-data.ts';

export interface WorkerOptions {
  /** The data directory of the firm, shared with its servers: keys and blobs are read there. */
  readonly dataDir: string;
  /** Owner's URL; the one of config.json when absent. */
  readonly databaseUrl?: string;
  /** Jobs done at once; one unless given. */
  readonly concurrency?: number;
  readonly now?: () => string;
  /** Told of failures that are nobody's job. */
  readonly onFailure?: (error: unknown) => void;
}

export interface RunningWorker {
  /** Gives up what is under way, which other workers take up, then stops. */
  close(): Promise<void>;
}

/**
 * Starts a process that works the queue of a firm and answers no requests, beside its server and any number of others.
 * @throws ServerError `worker_needs_database` for an embedded database, which one server has for itself; `not_founded`,
 * `config_invalid`, `founding_mismatch` and those of store and ledger
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { dataDir, concurrency = 1, now = () => new Date().toISOString() } = options;
  const config = await readConfig(dataDir);
  const databaseUrl = options.databaseUrl ?? config.databaseUrl;
  if (databaseUrl === undefined) {
    throw new ServerError(
      'worker_needs_database',
      'the embedded database belongs to its one server; give the server more workers with `countersign up --workers N`, or the firm a PostgreSQL of its own',
      { details: { dataDir } },
    );
  }
  const { onFailure = console.error } = options;
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const data = await openData({ dataDir, databaseUrl });
    closers.push(data.close);
    const origin = config.origin ?? 'http://127.0.0.1';
    const opened = await openContext(data, { config, origin, now, onFailure });
    closers.push(opened.close);
    const jobs = await startJobs(opened.context, jobRunners, { concurrency });
    closers.push(() => jobs.stop());
    return { close };
  } catch (cause) {
    await close();
    throw cause;
  }
}
