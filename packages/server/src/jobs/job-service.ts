// SPDX-License-Identifier: Apache-2.0
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '@countersign/kernel';
import { CompiledQuery } from 'kysely';
import { PgBoss } from 'pg-boss';
import type { ServerContext, ServerTransaction } from '../context.ts';
import type { Job, JobEvent, JobKind, JobRunners } from './job.ts';
import { JOB_QUEUE, workJobs } from './job-runner.ts';
import { insertJob, jobOfRequest, readJob, readJobEvents } from './job-store.ts';

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

/** Longer than any job may take; a job cut off by a dead runner is taken up by another, not by this. */
const EXPIRE_SECONDS = 6 * 3600;
const FOLLOW_POLL_MS = 200;

interface Shop {
  readonly context: ServerContext;
  readonly boss: PgBoss;
}

export interface JobServiceOptions {
  /** Jobs that this process does at once; 0 only submits and reads. One unless given. */
  readonly concurrency?: number;
}

/**
 * Starts the queue (pg-boss, in the server's own database) and this process's runner. Any number of processes share one
 * database. A job that a killed one left running is taken up by another, from its beginning; it registered nothing,
 * because records and end are one transaction.
 */
export async function startJobs(
  context: ServerContext,
  runners: JobRunners,
  { concurrency = 1 }: JobServiceOptions = {},
): Promise<JobService> {
  const { pool } = context.database;
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values as unknown[]) },
    schema: 'pgboss',
    schedule: false,
  });
  boss.on('error', (error) => console.error(`job queue: ${error.message}`));
  await boss.start();
  await boss.createQueue(JOB_QUEUE, { retryLimit: 0, expireInSeconds: EXPIRE_SECONDS });
  const shop: Shop = { context, boss };
  const abort = new AbortController();
  const worked =
    concurrency === 0
      ? Promise.resolve()
      : workJobs({ context, boss, runners, concurrency, signal: abort.signal });
  return {
    submit: (submission) => submit(shop, submission),
    read: (id) => readLogged(context, id),
    events: (id, after) => readJobEvents(context.database.db, id, after),
    follow: (id, signal) => follow(context, id, signal),
    stop: async () => {
      abort.abort();
      await worked;
      await boss.stop({ graceful: true, timeout: 5_000 });
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
    await boss.send(JOB_QUEUE, { job: id }, { db: { executeSql: executeWithin(tx) } });
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
