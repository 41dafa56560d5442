// SPDX-License-Identifier: Apache-2.0
import {
  DELETION_KIND,
  DISPOSAL_KIND,
  type Json,
  type PlannedThing,
  parseStrictJson,
  type RecordSet,
  readPlannedThings,
  recordsOfType,
} from '@countersign/kernel';
import { type Kysely, sql } from 'kysely';
import type { ServerContext } from '../context.ts';
import type { Database } from '../store/index.ts';
import { storedThingsById, thingKey } from './stored-things.ts';

export interface Deleted {
  /** Digest of the signed deletion record. */
  readonly deletion: string;
  readonly kind: string;
  readonly rule: string;
  readonly at: string;
}

/** By which deletions something of this name was deleted, newest first. */
export async function deletionsOf(
  context: Pick<ServerContext, 'database' | 'workspace'>,
  id: string,
): Promise<readonly Deleted[]> {
  const { rows } = await sql<{ deletion: string; kind: string; rule: string; at: Date }>`
    SELECT i.deletion, i.kind, i.rule, o.at FROM retention_item i
      JOIN retention_outcome o USING (deletion, kind, id)
     WHERE i.id = ${id} AND i.workspace = ${context.workspace} AND o.outcome = 'deleted'
     ORDER BY o.at DESC, i.kind LIMIT 20`.execute(context.database.db);
  return rows.map(({ at, ...row }) => ({ ...row, at: at.toISOString() }));
}

/** The first of these blobs that was deleted by the rules, as one of the kinds where they are given, and is gone. */
export async function erasedBlob(
  context: Restoring & Pick<ServerContext, 'records'>,
  digests: Iterable<string>,
  kinds?: ReadonlySet<string>,
): Promise<(Deleted & { readonly digest: string }) | undefined> {
  await restoreDeletions(context, await context.records.current());
  const asked = [...digests];
  const { rows } = await sql<{ id: string }>`
    SELECT DISTINCT i.id FROM retention_item i JOIN retention_outcome o USING (deletion, kind, id)
     WHERE i.id = ANY(${asked}) AND i.workspace = ${context.workspace} AND o.outcome = 'deleted'
     ORDER BY i.id`.execute(context.database.db);
  for (const { id } of rows) {
    // Whoever has stored it again has it again.
    if (await context.blobs.has(id)) continue;
    const deleted = (await deletionsOf(context, id)).find(
      ({ kind }) => kinds === undefined || kinds.has(kind),
    );
    if (deleted !== undefined) return { ...deleted, digest: id };
  }
  return undefined;
}

/**
 * The list that a deletion record commits to.
 * @throws KernelError `record_malformed`; PipelineError when the list is gone or damaged
 */
export async function readDeletionList(
  context: Pick<ServerContext, 'blobs'>,
  list: string,
): Promise<readonly PlannedThing[]> {
  const json: Json = parseStrictJson(await context.blobs.get(list), { maxBytes: LIST_BYTES_MAX });
  return readPlannedThings(json, 'list');
}
const LIST_BYTES_MAX = 16 * 1024 * 1024;

/** Writes the rows of a deletion's list; those that are there stay. */
export async function insertItems(
  db: Kysely<Database>,
  at: { readonly deletion: string; readonly workspace: string },
  things: readonly PlannedThing[],
): Promise<void> {
  if (things.length === 0) return;
  await sql`
    INSERT INTO retention_item (deletion, workspace, kind, id, rule, count, bytes)
    SELECT ${at.deletion}, ${at.workspace}, *
      FROM unnest(${things.map(({ kind }) => kind)}::text[], ${things.map(({ id }) => id)}::text[],
                  ${things.map(({ rule }) => rule)}::text[], ${things.map(({ count }) => count)}::bigint[],
                  ${things.map(({ bytes }) => bytes)}::bigint[])
    ON CONFLICT DO NOTHING`.execute(db);
}

type Restoring = Pick<ServerContext, 'database' | 'workspace' | 'blobs' | 'dataDir' | 'now'>;

/**
 * Rows of deletions that a database rebuilt from the log lacks, made again from what the records commit to. Of a sweep that
 * was disposed of, what is not stored counts as deleted; one that was not goes on where its files are.
 */
export async function restoreDeletions(context: Restoring, set: RecordSet): Promise<void> {
  const { db } = context.database;
  const all = recordsOfType(set, 'retention-rule');
  const records = all.filter(({ statement }) => statement.predicate.kind === DELETION_KIND);
  if (records.length === 0) return;
  const { rows } = await sql<{ deletion: string }>`
    SELECT DISTINCT deletion FROM retention_item`.execute(db);
  const known = new Set(rows.map(({ deletion }) => deletion));
  const disposed = new Set(
    all
      .filter(({ statement }) => statement.predicate.kind === DISPOSAL_KIND)
      .map(({ statement }) => statement.predicate.content.sweep),
  );
  for (const { digest, loggedAt, statement } of records.filter((one) => !known.has(one.digest))) {
    const { list, sweep } = statement.predicate.content;
    const things = await readDeletionList(context, String(list));
    await insertItems(db, { deletion: digest, workspace: context.workspace }, things);
    if (!disposed.has(sweep ?? null)) continue;
    const stored = await storedThingsById(context, { db, set }, things);
    const gone = things.filter((thing) => !stored.has(thingKey(thing)));
    await insertGone(db, { deletion: digest, workspace: context.workspace, at: loggedAt }, gone);
  }
}

async function insertGone(
  db: Kysely<Database>,
  at: { readonly deletion: string; readonly workspace: string; readonly at: string },
  things: readonly PlannedThing[],
): Promise<void> {
  await sql`
    INSERT INTO retention_outcome (deletion, workspace, kind, id, outcome, reason, at)
    SELECT ${at.deletion}, ${at.workspace}, kind, id, 'deleted', 'deleted', ${at.at}::timestamptz
      FROM unnest(${things.map(({ kind }) => kind)}::text[], ${things.map(({ id }) => id)}::text[])
        AS gone (kind, id)
    ON CONFLICT DO NOTHING`.execute(db);
}
