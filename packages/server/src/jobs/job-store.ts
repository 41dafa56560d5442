// SPDX-License-Identifier: Apache-2.0
import type { Json } from '@countersign/kernel';
import type { Kysely, Selectable } from 'kysely';
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
      runner: null,
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
  const job = row === undefined ? undefined : jobOf(row);
  if (job !== undefined) return job;
  throw new ServerError('job_unknown', `no job \`${id.slice(0, 64)}\` is known`, {
    details: { id },
  });
}

/** Undefined for a kind that this release does not know. */
function jobOf(row: Selectable<Database['job']>): Job | undefined {
  const kind = JOB_KINDS.find((one) => one === row.kind);
  if (kind === undefined) return undefined;
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

/** One attempt of a job: only its runner may end it, and only while no other has taken it up. */
export interface JobAttempt {
  readonly id: string;
  readonly runner: number;
}

/** Takes a queued job up; undefined when it is not queued any more (done, or taken up by another runner). */
export async function startJob(
  db: Kysely<Database>,
  { id, runner }: JobAttempt,
  now: string,
): Promise<Job | undefined> {
  const taken = await db
    .updateTable('job')
    .set(({ eb }) => ({
      state: 'running' as const,
      started_at: now,
      attempts: eb('attempts', '+', 1),
      runner,
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
  { id, runner }: JobAttempt,
  end: { readonly result: JobResult; readonly now: string },
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('job')
    .set({ state: 'done', ended_at: end.now, result: JSON.stringify(end.result) })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .where('runner', '=', runner)
    .executeTakeFirst();
  // Throwing here rolls the records back: an attempt that was given up must not register anything.
  if (numUpdatedRows !== 1n) {
    throw new ServerError('job_interrupted', `job \`${id}\` was given up while it ran`);
  }
}

export async function failJob(
  db: Kysely<Database>,
  { id, runner }: JobAttempt,
  end: { readonly error: JobError; readonly now: string },
): Promise<void> {
  await db
    .updateTable('job')
    .set({ state: 'failed', ended_at: end.now, error: JSON.stringify(end.error) })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .where('runner', '=', runner)
    .execute();
}

/** Puts a running job back into the queue, from its beginning; false when its runner has it no more. */
export async function requeueJob(
  db: Kysely<Database>,
  { id, runner }: JobAttempt,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('job')
    .set({ state: 'queued' })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .where('runner', '=', runner)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
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

export interface JobFilter {
  readonly workspace: string;
  readonly state?: Job['state'] | undefined;
  readonly kind?: Job['kind'] | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listJobs(
  db: Kysely<Database>,
  { workspace, state, kind, limit }: JobFilter,
): Promise<readonly Job[]> {
  let query = db.selectFrom('job').selectAll().where('workspace', '=', workspace);
  if (state !== undefined) query = query.where('state', '=', state);
  if (kind !== undefined) query = query.where('kind', '=', kind);
  const rows = await query.orderBy('created_at', 'desc').orderBy('id').limit(limit).execute();
  return rows.flatMap((row) => jobOf(row) ?? []);
}

/** Ids of the jobs that wait, oldest first. */
export async function queuedJobs(
  db: Kysely<Database>,
  workspace: string,
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('job')
    .select('id')
    .where('workspace', '=', workspace)
    .where('state', '=', 'queued')
    .orderBy('created_at')
    .execute();
  return rows.map(({ id }) => id);
}
