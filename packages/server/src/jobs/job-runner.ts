// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { PgBoss } from 'pg-boss';
import type { ServerContext } from '../context.ts';
import type { Job, JobRunners } from './job.ts';
import { jobErrorOf } from './job-error.ts';
import {
  addJobEvent,
  completeJob,
  failJob,
  queuedJobs,
  requeueJob,
  startJob,
} from './job-store.ts';
import { enterRunner, leaveRunner, takeUpOrphans } from './runner-store.ts';
import { isKilledWorker } from './worker-answer.ts';

export const JOB_QUEUE = 'countersign-job';
const ATTEMPTS_MAX = 2;
const LOOK_MS = 2_000;
const STOP_MS = 5_000;

export interface RunnerShop {
  readonly context: ServerContext;
  readonly boss: PgBoss;
  readonly runners: JobRunners;
  /** Jobs that this process does at once. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
}

/** One stretch of work under one entry in `job_runner`: ends with the service, or when the database is lost. */
interface Shift {
  readonly shop: RunnerShop;
  readonly runner: number;
  readonly signal: AbortSignal;
}

/**
 * Works the queue until the signal, beside any number of other processes on the same database. A runner that loses its
 * database gives up what it had, which others take up, and enters again as a new one.
 */
export async function workJobs(shop: RunnerShop): Promise<void> {
  while (!shop.signal.aborted) {
    await workShift(shop).catch((error: unknown) => {
      if (!shop.signal.aborted) console.error(`job runner: ${String(error)}; it begins again`);
    });
    if (!shop.signal.aborted) await pause(shop.signal);
  }
}

async function workShift(shop: RunnerShop): Promise<void> {
  const { context, boss, concurrency } = shop;
  const { database, workspace } = context;
  const session = await database.connect();
  const lost = new AbortController();
  const signal = AbortSignal.any([shop.signal, lost.signal]);
  session.once('end', () => lost.abort());
  try {
    const now = context.now();
    const runner = await enterRunner(session, { workspace, concurrency, now });
    const shift: Shift = { shop, runner, signal };
    const options = { pollingIntervalSeconds: 0.5, batchSize: 1, localConcurrency: concurrency };
    await takeUp(shift);
    // A message whose runner was killed before it started the job is lost, the job still waits; twice does no harm.
    await sendAgain(shift);
    const worker = await boss.work<{ job: string }>(JOB_QUEUE, options, async ([message]) => {
      if (message !== undefined) await workOn(shift, message.data.job);
    });
    try {
      await watch(shift, session);
    } finally {
      // It must fetch nothing more: what it fetched now nobody would do.
      lost.abort();
      const ended = boss.offWork(JOB_QUEUE, { id: worker, wait: true });
      // Work that does not hear of its end is left behind: it has its job no more, so it can register nothing.
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    }
    await rm(scratchOf(context, runner), { recursive: true, force: true });
    await leaveRunner(database.db, runner, context.now());
  } finally {
    lost.abort();
    await session.end().catch(() => undefined); // it may be what was lost
  }
}

/** Looks for what dead runners left, for as long as the own lock is held. */
async function watch(shift: Shift, session: Client): Promise<void> {
  while (!shift.signal.aborted) {
    await pause(shift.signal);
    if (shift.signal.aborted) return;
    // A server that is gone without a word is noticed here, not by the socket.
    await session.query('SELECT 1');
    if (await takeUp(shift)) await sendAgain(shift);
  }
}

function pause(signal: AbortSignal): Promise<unknown> {
  return sleep(LOOK_MS, undefined, { signal }).catch(() => undefined); // the loops see the abort
}

async function takeUp({ shop }: Shift): Promise<boolean> {
  const { context } = shop;
  const { runners, isAnyLeft } = await takeUpOrphans(context.database.db, {
    workspace: context.workspace,
    now: context.now(),
    attemptsMax: ATTEMPTS_MAX,
  });
  for (const id of runners) await rm(scratchOf(context, id), { recursive: true, force: true });
  return isAnyLeft;
}

async function sendAgain({ shop }: Shift): Promise<void> {
  const { context, boss } = shop;
  for (const job of await queuedJobs(context.database.db, context.workspace)) {
    await boss.send(JOB_QUEUE, { job });
  }
}

function scratchOf({ dataDir }: ServerContext, runner: number): string {
  return join(dataDir, 'jobs', String(runner));
}

async function workOn(shift: Shift, id: string): Promise<void> {
  const { shop, runner, signal } = shift;
  const { context } = shop;
  const { db } = context.database;
  if (signal.aborted) return;
  const attempt = { id, runner };
  const job = await startJob(db, attempt, context.now());
  if (job === undefined) return;
  const scratch = join(scratchOf(context, runner), `${id}-${job.attempts}`);
  const events = eventWriter(context, id);
  try {
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    const register = await shop.runners[job.kind](context, {
      id,
      actor: job.actor,
      params: job.params,
      ...(job.request === undefined ? {} : { request: job.request }),
      scratch,
      report: events.report,
      signal,
    });
    await events.written();
    await db.transaction().execute(async (tx) => {
      const result = await register(tx);
      await completeJob(tx, attempt, { result, now: context.now() });
    });
  } catch (cause) {
    await events.written();
    // A stopping runner leaves the job as running: another takes it up.
    if (!signal.aborted) await endFailed(shift, job, cause);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A worker that was killed (the machine ran out of memory, an operator did it) says nothing about the job. */
async function endFailed({ shop, runner }: Shift, job: Job, cause: unknown): Promise<void> {
  const { context, boss } = shop;
  const { db } = context.database;
  const attempt = { id: job.id, runner };
  if (isKilledWorker(cause) && job.attempts < ATTEMPTS_MAX) {
    const events = eventWriter(context, job.id);
    events.report('the worker was killed; the job is taken up again');
    await events.written();
    if (await requeueJob(db, attempt)) await boss.send(JOB_QUEUE, { job: job.id });
    return;
  }
  await failJob(db, attempt, { error: jobErrorOf(cause), now: context.now() });
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
