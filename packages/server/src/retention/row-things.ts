// SPDX-License-Identifier: Apache-2.0
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredThing, ThingKind } from '@countersign/kernel';
import { type Kysely, sql } from 'kysely';
import type { ServerContext } from '../context.ts';
import type { Database } from '../store/index.ts';

interface DayRow {
  readonly day: string;
  readonly n: string;
  readonly bytes: string;
}

/** What is judged by the day or as a whole: audit rows, sessions, scratch of jobs, records, what was done with answers. */
export async function rowThings(
  context: Pick<ServerContext, 'workspace' | 'dataDir'>,
  db: Kysely<Database>,
): Promise<readonly StoredThing[]> {
  const { workspace } = context;
  const audit = await sql<DayRow>`
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*) AS n, sum(pg_column_size(a)) AS bytes
      FROM audit_event a WHERE workspace = ${workspace} GROUP BY 1 ORDER BY 1`.execute(db);
  const sessions = await sql<DayRow>`
    SELECT to_char("expiresAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*) AS n,
           sum(pg_column_size(s)) AS bytes
      FROM auth_session s GROUP BY 1 ORDER BY 1`.execute(db);
  return [
    ...audit.rows.map((row) => dayThing('audit-rows', 'recorded', row)),
    ...sessions.rows.map((row) => dayThing('sessions', 'closed', row)),
    ...(await scratchThings(context, db)),
    await wholeThing(
      db,
      'record',
      sql`SELECT count(*) AS n, coalesce(sum(payload_size), 0) AS bytes FROM record`,
    ),
    await wholeThing(
      db,
      'action-rows',
      sql`SELECT count(*) AS n, coalesce(sum(b), 0) AS bytes
            FROM (SELECT pg_column_size(a) AS b FROM action a UNION ALL SELECT pg_column_size(o) FROM outcome o) AS x`,
    ),
  ];
}

/** Counted from the day's last moment. */
function dayThing(
  kind: 'audit-rows' | 'sessions',
  moment: 'recorded' | 'closed',
  { day, n, bytes }: DayRow,
): StoredThing {
  const moments = { [moment]: `${day}T23:59:59.999Z` };
  return { kind, id: day, bytes: Number(bytes), count: Number(n), references: [{ kind, moments }] };
}

async function wholeThing(
  db: Kysely<Database>,
  kind: ThingKind,
  query: ReturnType<typeof sql>,
): Promise<StoredThing> {
  const { rows } = await query.execute(db);
  const [row] = rows as readonly { readonly n: string; readonly bytes: string }[];
  return {
    kind,
    id: 'all',
    bytes: Number(row?.bytes ?? 0),
    count: Number(row?.n ?? 0),
    references: [],
  };
}

/** Directories that killed jobs left; the next start of the server removes them too. */
async function scratchThings(
  context: Pick<ServerContext, 'dataDir'>,
  db: Kysely<Database>,
): Promise<readonly StoredThing[]> {
  const root = join(context.dataDir, 'jobs');
  const names = await readdir(root).catch(() => []); // no job ever ran
  const running = await db.selectFrom('job').select('id').where('state', '=', 'running').execute();
  const found: StoredThing[] = [];
  for (const name of names.sort()) {
    const use = await usageOf(join(root, name));
    const job = running.find(({ id }) => name.startsWith(`${id}-`));
    const moments = { stored: use.last };
    found.push({
      kind: 'job-scratch',
      id: name,
      bytes: use.bytes,
      count: 1,
      references: [{ kind: 'job-scratch', moments }],
      ...(job === undefined ? {} : { inUse: `job ${job.id} is running` }),
    });
  }
  return found;
}

const FILES_MAX = 200_000;

async function usageOf(path: string): Promise<{ readonly bytes: number; readonly last: string }> {
  const open = [path];
  let bytes = 0;
  let last = 0;
  for (let seen = 0; seen < FILES_MAX; seen += 1) {
    const next = open.pop();
    if (next === undefined) break;
    const found = await stat(next).catch(() => undefined); // gone meanwhile: the job ended
    if (found === undefined) continue;
    last = Math.max(last, found.mtimeMs);
    if (found.isDirectory()) open.push(...(await readdir(next)).map((name) => join(next, name)));
    else bytes += found.size;
  }
  return { bytes, last: new Date(last).toISOString() };
}
