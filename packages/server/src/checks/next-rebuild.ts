// SPDX-License-Identifier: Apache-2.0
import type { RebuildEntry } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { type JobService, listJobs, REBUILD_ACTOR } from '../jobs/index.ts';
import { isOffPeak, NEXT_NIGHT_MS, OFF_PEAK_DEFAULT, type OffPeak } from './off-peak.ts';
import { rebuildsOf } from './rebuilds-of.ts';

const JOBS_LOOKED_AT = 500;
const LOCK = 7_301_014;

/** Queues the most pressing rebuild unless one is under way or it is the wrong time. */
export async function rebuildNext(
  context: ServerContext,
  {
    jobs,
    offPeak = OFF_PEAK_DEFAULT,
  }: {
    readonly jobs: Pick<JobService, 'submit'>;
    readonly offPeak?: OffPeak | undefined;
  },
): Promise<void> {
  const now = context.now();
  if (!isOffPeak(now, offPeak)) return;
  const { workspace, database } = context;
  const due = rebuildsOf(await context.records.current(), { workspace, now }).filter(
    ({ isDue }) => isDue,
  );
  if (due.length === 0) return;
  const session = await database.connect();
  try {
    const { rows } = await session.query<{ held: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS held',
      [LOCK],
    );
    if (rows[0]?.held !== true) return;
    const next = await firstNotTried(context, due);
    if (next === undefined) return;
    const { model, use, version } = next;
    const params = { model, use, version, cachedEnvironment: false };
    await jobs.submit({ kind: 'reproduce', params, actor: REBUILD_ACTOR });
  } finally {
    await session.end();
  }
}

async function firstNotTried(
  { database, workspace, now }: ServerContext,
  due: readonly RebuildEntry[],
): Promise<RebuildEntry | undefined> {
  const listed = await listJobs(database.db, {
    workspace,
    kind: 'reproduce',
    limit: JOBS_LOOKED_AT,
  });
  if (listed.some(({ state }) => state === 'queued' || state === 'running')) return undefined;
  // What could not be attested (no sandbox, a full disk) is not tried again in the next minute.
  const since = new Date(Date.parse(now()) - NEXT_NIGHT_MS).toISOString();
  const tried = listed.filter((job) => job.actor === REBUILD_ACTOR && job.createdAt > since);
  return due.find(
    ({ model, version, use }) =>
      !tried.some(({ params }) => {
        const said = params as Readonly<Record<string, unknown>>; // of our own jobs alone
        return said.model === model && said.version === version && said.use === use;
      }),
  );
}
