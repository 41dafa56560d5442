// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@countersign/kernel';
import { CompiledQuery } from 'kysely';
import type { Client } from 'pg';
import { PgBoss } from 'pg-boss';
import type { ServerContext, ServerTransaction } from '../context.ts';
import type { Job, JobEvent, JobKind, JobRunners } from './job.ts';
import { jobErrorOf } from './job-error.ts';
import {
  addJobEvent,
  completeJob,
  failJob,
  insertJob,
  jobOfRequest,
  readJob,
  readJobEvents,
  startJob,
  takeUpOrphans,
} from './job-store.ts';

export interface JobSubmission {
  readonly kind: JobKind;
  readonly params: Json;
  readonly actor: string;
  /** Digest of a recorded run-request. */
  readonly request?: string | undefined;
}

export interface JobService {
  /** The id of the job; of the one that carries out the same request already, where there is one. */
  submit(submission: JobSubmission): Promise<string>;
  /** A finished job is shown once its records have a place in the log. @throws ServerError `job_unknown` */
  read(id: string): Promise<Job>;
  events(id: string, after?: number): Promise<readonly JobEvent[]>;
  /** Events as they come, until the job has ended. */
  follow(id: string, signal: AbortSignal): AsyncGenerator<JobEvent>;
  stop(): Promise<void>;
}

const QUEUE = 'countersign-job';
/** Any fixed number; one server at a time works the queue of a database. */
const RUNNER_LOCK = 7_301_013;
const RUNNER_RETRY_MS = 2_000;
const ATTEMPTS_MAX = 2;
/** Longer than any job may take; a job cut off by a dead server is taken up at the next start, not by this. */
const EXPIRE_SECONDS = 6 * 3600;
const FOLLOW_POLL_MS = 200;

interface Shop {
  readonly context: ServerContext;
  readonly boss: PgBoss;
  readonly runners: JobRunners;
  readonly abort: AbortController;
}

/**
 * Starts the queue (pg-boss, in the server's own database) and its one runner. A second server on the same database only
 * submits and reads until the first one's lock is free. A job that a killed server left running is taken up again, from
 * its beginning; it registered nothing, because records and end are one transaction.
 */
export async function startJobs(context: ServerContext, runners: JobRunners): Promise<JobService> {
  const { pool } = context.database;
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    schema: 'pgboss',
    schedule: false,
  });
  boss.on('error', (error) => console.error(`job queue: ${error.message}`));
  await boss.start();
  await boss.createQueue(QUEUE, { retryLimit: 0, expireInSeconds: EXPIRE_SECONDS });
  const shop: Shop = { context, boss, runners, abort: new AbortController() };
  // A runner that lost its database does no more jobs; requests go on, and the next start takes up what it left.
  const worked = workWhenAlone(shop).catch((error: unknown) => {
    console.error(`job runner stopped: ${String(error)}`);
  });
  return {
    submit: (submission) => submit(shop, submission),
    read: (id) => readLogged(context, id),
    events: (id, after) => readJobEvents(context.database.db, id, after),
    follow: (id, signal) => follow(context, id, signal),
    stop: async () => {
      shop.abort.abort();
      await boss.stop({ graceful: true, timeout: 5_000 });
      await worked;
    },
  };
}

/** Job and message are written in one transaction: what is queued is worked on, and nothing else is. */
async function submit(shop: Shop, submission: JobSubmission): Promise<string> {
  const { context, boss } = shop;
  const { kind, params, request, actor } = submission;
  const { db } = context.database;
  const id = randomUUID();
  const isNew = await db.transaction().execute(async (tx) => {
    const { workspace } = context;
    const job = { id, workspace, kind, params, request, actor, now: context.now() };
    if (!(await insertJob(tx, job))) return false;
    await boss.send(QUEUE, { job: id }, { db: { executeSql: executeWithin(tx) } });
    return true;
  });
  if (isNew || request === undefined) return id;
  // The same request came twice at once. Should the other job have failed meanwhile, this one may be started.
  return (await jobOfRequest(db, request)) ?? submit(shop, submission);
}

function executeWithin(tx: ServerTransaction) {
  return async (text: string, values: unknown[] = []) => {
    const { rows } = await tx.executeQuery(CompiledQuery.raw(text, values));
    return { rows };
  };
}

async function readLogged(context: ServerContext, id: string): Promise<Job> {
  const job = await readJob(context.database.db, id);
  if (job.state === 'done' && job.result !== undefined && job.result.records.length > 0) {
    await context.records.including(job.result.records);
  }
  return job;
}

async function* follow(
  context: ServerContext,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<JobEvent> {
  let after = 0;
  while (!signal.aborted) {
    // The state is read first: events written before the end are then all there.
    const { state } = await readLogged(context, id);
    const events = await readJobEvents(context.database.db, id, after);
    yield* events;
    after = events.at(-1)?.n ?? after;
    const ended = state === 'done' || state === 'failed';
    if (ended && events.length === 0) return;
    if (!ended) await sleep(FOLLOW_POLL_MS, undefined, { signal }).catch(() => undefined); // ends the loop
  }
}

/** Works the queue once no other server does. Resolves when the runner has stopped. */
async function workWhenAlone(shop: Shop): Promise<void> {
  const { context, abort } = shop;
  const lock = await context.database.connect();
  try {
    if (!(await lockOut(lock, abort.signal))) return;
    await rm(scratchRoot(context), { recursive: true, force: true });
    const queued = await takeUpOrphans(context.database.db, {
      workspace: context.workspace,
      now: context.now(),
      attemptsMax: ATTEMPTS_MAX,
    });
    for (const id of queued) await shop.boss.send(QUEUE, { job: id });
    const options = { pollingIntervalSeconds: 0.5, batchSize: 1 };
    await shop.boss.work<{ job: string }>(QUEUE, options, async ([message]) => {
      if (message !== undefined) await workOn(shop, message.data.job);
    });
    await untilAborted(abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    await lock.end();
  }
}

async function lockOut(lock: Client, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { rows } = await lock.query<{ held: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS held',
      [RUNNER_LOCK],
    );
    if (rows[0]?.held === true) return true;
    await sleep(RUNNER_RETRY_MS, undefined, { signal }).catch(() => undefined); // the loop sees the abort
  }
  return false;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function scratchRoot(context: ServerContext): string {
  return join(context.dataDir, 'jobs');
}

async function workOn(shop: Shop, id: string): Promise<void> {
  const { context, runners, abort } = shop;
  const { db } = context.database;
  const job = await startJob(db, id, context.now());
  if (job === undefined) return;
  const scratch = join(scratchRoot(context), `${id}-${job.attempts}`);
  const events = eventWriter(context, id);
  try {
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const register = await runners[job.kind](context, {
      id,
      actor: job.actor,
      params: job.params,
      ...(job.request === undefined ? {} : { request: job.request }),
      scratch,
      report: events.report,
      signal: abort.signal,
    });
    await events.written();
    await db.transaction().execute(async (tx) => {
      const result = await register(tx);
      await completeJob(tx, id, { result, now: context.now() });
    });
  } catch (cause) {
    await events.written();
    // A stopping server leaves the job as running: the next start takes it up.
    if (abort.signal.aborted) return;
    await failJob(db, id, { error: jobErrorOf(cause), now: context.now() });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const EVENT_TEXT_MAX = 2_000;
/** What a step prints becomes events, and a step may print without end; its log is archived with the run. */
const EVENTS_MAX = 5_000;

/** Writes events one after another without holding up the work; a lost event is not a lost fact. */
function eventWriter(context: ServerContext, job: string) {
  let last: Promise<void> = Promise.resolve();
  let told = 0;
  return {
    report: (given: string): void => {
      told += 1;
      if (told > EVENTS_MAX) return;
      const text = told === EVENTS_MAX ? 'more was reported; later events are left out' : given;
      const event = {
        workspace: context.workspace,
        job,
        at: context.now(),
        text: text.slice(0, EVENT_TEXT_MAX),
      };
      last = last
        .then(() => addJobEvent(context.database.db, event))
        .catch((error: unknown) => console.error(`job event: ${String(error)}`));
    },
    written: () => last,
  };
}
