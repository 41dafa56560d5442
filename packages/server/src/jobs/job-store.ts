// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { Kysely } from 'kysely';
import type { ServerTransaction } from '../context.ts';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import {
  JOB_KINDS,
  type Job,
  type JobError,
  type JobEvent,
  type JobKind,
  type JobResult,
} from './job.ts';

export interface NewJob {
  readonly id: string;
  readonly workspace: string;
  readonly kind: JobKind;
  readonly params: Json;
  readonly request: string | undefined;
  readonly actor: string;
  readonly now: string;
}

/** False when its signed request has a job already that has not failed. */
export async function insertJob(db: Kysely<Database>, job: NewJob): Promise<boolean> {
  const row = await db
    .insertInto('job')
    .values({
      id: job.id,
      workspace: job.workspace,
      kind: job.kind,
      params: JSON.stringify(job.params),
      request: job.request ?? null,
      actor: job.actor,
      state: 'queued',
      created_at: job.now,
      started_at: null,
      ended_at: null,
      result: null,
      error: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** The newest job that carries out a signed request and has not failed. */
export async function jobOfRequest(
  db: Kysely<Database>,
  request: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('job')
    .select('id')
    .where('request', '=', request)
    .where('state', '<>', 'failed')
    .orderBy('created_at', 'desc')
    .executeTakeFirst();
  return row?.id;
}

/** @throws ServerError `job_unknown` */
export async function readJob(db: Kysely<Database>, id: string): Promise<Job> {
  const row = await db.selectFrom('job').selectAll().where('id', '=', id).executeTakeFirst();
  const kind = JOB_KINDS.find((one) => one === row?.kind);
  if (row === undefined || kind === undefined) {
    throw new ServerError('job_unknown', `no job \`${id.slice(0, 64)}\` is known`, {
      details: { id },
    });
  }
  return {
    id: row.id,
    kind,
    state: row.state,
    params: row.params as Json, // written by insertJob from JSON
    ...(row.request === null ? {} : { request: row.request }),
    actor: row.actor,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    ...(row.started_at === null ? {} : { startedAt: row.started_at.toISOString() }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
    ...(row.result === null ? {} : { result: row.result as JobResult }),
    ...(row.error === null ? {} : { error: row.error as JobError }),
  };
}

/** Takes a queued job up; undefined when it is not queued any more (done, or taken up by another server). */
export async function startJob(
  db: Kysely<Database>,
  id: string,
  now: string,
): Promise<Job | undefined> {
  const taken = await db
    .updateTable('job')
    .set(({ eb }) => ({
      state: 'running' as const,
      started_at: now,
      attempts: eb('attempts', '+', 1),
    }))
    .where('id', '=', id)
    .where('state', '=', 'queued')
    .returning('id')
    .executeTakeFirst();
  return taken === undefined ? undefined : readJob(db, id);
}

/** Ends a running job in the transaction that appends its records. */
export async function completeJob(
  tx: ServerTransaction,
  id: string,
  end: { readonly result: JobResult; readonly now: string },
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('job')
    .set({ state: 'done', ended_at: end.now, result: JSON.stringify(end.result) })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .executeTakeFirst();
  // Throwing here rolls the records back: an attempt that was given up must not register anything.
  if (numUpdatedRows !== 1n) {
    throw new ServerError('job_interrupted', `job \`${id}\` was given up while it ran`);
  }
}

export async function failJob(
  db: Kysely<Database>,
  id: string,
  end: { readonly error: JobError; readonly now: string },
): Promise<void> {
  await db
    .updateTable('job')
    .set({ state: 'failed', ended_at: end.now, error: JSON.stringify(end.error) })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .execute();
}

export async function addJobEvent(
  db: Kysely<Database>,
  event: {
    readonly workspace: string;
    readonly job: string;
    readonly at: string;
    readonly text: string;
  },
): Promise<void> {
  await db.insertInto('job_event').values(event).execute();
}

const EVENTS_MAX = 1_000;

/** Events after number `after`, oldest first, a bounded page at a time. */
export async function readJobEvents(
  db: Kysely<Database>,
  id: string,
  after = 0,
): Promise<readonly JobEvent[]> {
  const rows = await db
    .selectFrom('job_event')
    .select(['n', 'at', 'text'])
    .where('job', '=', id)
    .where('n', '>', after)
    .orderBy('n')
    .limit(EVENTS_MAX)
    .execute();
  return rows.map((row) => ({ n: row.n, at: row.at.toISOString(), text: row.text }));
}

/** Puts jobs that were running back into the queue, or fails those that were tried often enough; ids to send again. */
export async function takeUpOrphans(
  db: Kysely<Database>,
  at: { readonly workspace: string; readonly now: string; readonly attemptsMax: number },
): Promise<readonly string[]> {
  const message = `the server stopped ${at.attemptsMax} times while the job ran; look at its events and ask for it again`;
  const error: JobError = { code: 'job_interrupted', message };
  await db
    .updateTable('job')
    .set({ state: 'failed', ended_at: at.now, error: JSON.stringify(error) })
    .where('workspace', '=', at.workspace)
    .where('state', '=', 'running')
    .where('attempts', '>=', at.attemptsMax)
    .execute();
  await db
    .updateTable('job')
    .set({ state: 'queued' })
    .where('workspace', '=', at.workspace)
    .where('state', '=', 'running')
    .execute();
  const rows = await db
    .selectFrom('job')
    .select('id')
    .where('workspace', '=', at.workspace)
    .where('state', '=', 'queued')
    .orderBy('created_at')
    .execute();
  return rows.map(({ id }) => id);
}
