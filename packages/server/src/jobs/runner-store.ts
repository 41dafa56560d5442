// SPDX-License-Identifier: Apache-2.0
import { hostname } from 'node:os';
import { type Kysely, sql } from 'kysely';
import type { Client } from 'pg';
import type { Database } from '../store/index.ts';
import type { JobError } from './job.ts';

/** First half of the key of the session lock that each living runner holds; the second is its id. */
const RUNNER_LOCK = 7_301_013;

export interface NewRunner {
  readonly workspace: string;
  readonly concurrency: number;
  readonly now: string;
}

/** Whether somebody holds the lock of the row of job_runner that is looked at. */
const isLocked = sql<boolean>`EXISTS (
  SELECT FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND classid = ${RUNNER_LOCK}::bigint::oid AND objid = job_runner.id::bigint::oid
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)`;

/** Enters a runner and takes its lock on `session`, which must stay open for as long as it works. */
export async function enterRunner(
  session: Client,
  { workspace, concurrency, now }: NewRunner,
): Promise<number> {
  // Seen by others only once its lock is held: a row with a free lock is a runner that is dead.
  await session.query('BEGIN');
  const { rows } = await session.query<{ id: number }>(
    'INSERT INTO job_runner (workspace, host, process, concurrency, started_at) VALUES ($1, $2, $3, $4, $5) RETURNING id',
    [workspace, hostname(), process.pid, concurrency, now],
  );
  const id = rows[0]!.id; // one row was inserted
  await session.query('SELECT pg_advisory_lock($1, $2)', [RUNNER_LOCK, id]);
  await session.query('COMMIT');
  return id;
}

/** A runner that stops of itself; what it had running is left for the others. */
export async function leaveRunner(db: Kysely<Database>, id: number, now: string): Promise<void> {
  await db.updateTable('job_runner').set({ ended_at: now }).where('id', '=', id).execute();
}

export interface TakenUp {
  /** Runners found dead: whoever shares a disk with them may remove what they left. */
  readonly runners: readonly number[];
  /** Whether a job may wait of which no queue message is left. */
  readonly isAnyLeft: boolean;
}

/**
 * Marks runners whose lock is free as ended, and puts what ended runners had running back into the queue, or fails what
 * was tried `attemptsMax` times. Any number of runners may do so at once.
 */
export async function takeUpOrphans(
  db: Kysely<Database>,
  at: { readonly workspace: string; readonly now: string; readonly attemptsMax: number },
): Promise<TakenUp> {
  const dead = await sql<{ id: number }>`
    UPDATE job_runner SET ended_at = ${at.now}
    WHERE ended_at IS NULL AND NOT ${isLocked}
    RETURNING id
  `.execute(db);
  const message = `its runner stopped ${at.attemptsMax} times while the job ran; look at its events and ask for it again`;
  const error: JobError = { code: 'job_interrupted', message };
  const orphaned = db
    .updateTable('job')
    .where('workspace', '=', at.workspace)
    .where('state', '=', 'running')
    .where((eb) =>
      eb.or([
        eb('runner', 'is', null),
        eb(
          'runner',
          'in',
          eb
            .selectFrom('job_runner')
            .select('job_runner.id')
            .where('job_runner.ended_at', 'is not', null),
        ),
      ]),
    );
  await orphaned
    .set({ state: 'failed', ended_at: at.now, error: JSON.stringify(error) })
    .where('attempts', '>=', at.attemptsMax)
    .execute();
  const { numUpdatedRows } = await orphaned.set({ state: 'queued' }).executeTakeFirst();
  const runners = dead.rows.map(({ id }) => id);
  return { runners, isAnyLeft: numUpdatedRows > 0n || runners.length > 0 };
}

export interface LivingRunner {
  readonly id: number;
  readonly host: string;
  readonly process: number;
  readonly concurrency: number;
  readonly startedAt: string;
  /** Ids of the jobs that it has now. */
  readonly jobs: readonly string[];
}

/** Runners that have not ended and hold their lock, oldest first: one that was killed is none, noticed or not. */
export async function livingRunners(
  db: Kysely<Database>,
  workspace: string,
): Promise<readonly LivingRunner[]> {
  const rows = await db
    .selectFrom('job_runner')
    .selectAll()
    .where('workspace', '=', workspace)
    .where('ended_at', 'is', null)
    .where(isLocked)
    .orderBy('id')
    .execute();
  const running = await db
    .selectFrom('job')
    .select(['id', 'runner'])
    .where('workspace', '=', workspace)
    .where('state', '=', 'running')
    .orderBy('started_at')
    .execute();
  return rows.map(({ id, host, process: pid, concurrency, started_at }) => ({
    id,
    host,
    process: pid,
    concurrency,
    startedAt: started_at.toISOString(),
    jobs: running.filter(({ runner }) => runner === id).map((job) => job.id),
  }));
}
