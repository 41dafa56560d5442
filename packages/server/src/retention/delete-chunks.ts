// SPDX-License-Identifier: Apache-2.0
import {
  type Fate,
  isDigest,
  judgeThing,
  type PlannedThing,
  type RecordSet,
} from '@countersign/kernel';
import { type Kysely, sql } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import { deleteThings } from './delete-things.ts';
import { retentionFacts } from './retention-facts.ts';
import { storedThingsById, thingKey } from './stored-things.ts';
import type { Ordered, Sweeping } from './sweep-order.ts';

/** Things of one transaction in which nobody else can add a record. */
const CHUNK_THINGS = 100;

interface Begun {
  readonly deletion: string;
  readonly things: readonly PlannedThing[];
}

const REREADS_MAX = 20;

/** Deletes what a deletion lists and nothing has become of yet. @throws ServerError `sweep_running` */
export async function finishDeletion(
  context: Sweeping,
  ordered: Ordered,
  begun: Begun,
): Promise<void> {
  const { rows } = await sql<{ kind: string; id: string }>`
    SELECT kind, id FROM retention_outcome WHERE deletion = ${begun.deletion}`.execute(
    context.database.db,
  );
  const done = new Set(rows.map(thingKey));
  const open = begun.things.filter((thing) => !done.has(thingKey(thing)));
  for (let from = 0; from < open.length; from += CHUNK_THINGS) {
    const things = open.slice(from, from + CHUNK_THINGS);
    await deleteChunk(context, ordered, { deletion: begun.deletion, things });
  }
}

/** A record that arrived since the last reading may be a hold: read it, and try again. */
async function deleteChunk(context: Sweeping, ordered: Ordered, chunk: Begun): Promise<void> {
  for (let attempt = 0; attempt < REREADS_MAX; attempt += 1) {
    const set = await context.records.current();
    const unread = await context.database.db
      .transaction()
      .execute((tx) => deleteUnderLock(context, { tx, set }, { ordered, chunk }));
    if (unread === undefined) return;
    await context.records.including(unread);
  }
  throw new ServerError(
    'sweep_running',
    'records arrive faster than they are read; nothing more was deleted, ask again',
  );
}

/** @returns digests of records that the set does not hold yet, and then nothing was deleted */
async function deleteUnderLock(
  context: Sweeping,
  { tx, set }: { readonly tx: Kysely<Database>; readonly set: RecordSet },
  { ordered, chunk }: { readonly ordered: Ordered; readonly chunk: Begun },
): Promise<readonly string[] | undefined> {
  // From here to the commit nobody records anything: what is judged now is true until it is done.
  await sql`SELECT retention_hold_still()`.execute(tx);
  const unread = await unreadRecords(tx, set);
  if (unread.length > 0) return unread;
  const judged = await judgeAgain(context, { db: tx, set }, { ordered, things: chunk.things });
  const going = judged.flatMap(({ thing, refusal }) =>
    refusal === undefined || refusal === GONE ? [thing] : [],
  );
  await deleteThings(context, tx, { deletion: chunk.deletion, things: going });
  await insertOutcomes(context, tx, { deletion: chunk.deletion, judged });
  return undefined;
}

/** Of a thing that was listed: a file that a killed sweep deleted before it could say so. */
const GONE = 'it is not stored';

async function unreadRecords(tx: Kysely<Database>, set: RecordSet): Promise<readonly string[]> {
  const last = set.records.at(-1)?.index ?? -1;
  const rejected = new Set(set.rejected.map(({ digest }) => digest));
  const { rows } = await sql<{ digest: string }>`
    SELECT r.digest FROM record r JOIN unsequenced u ON u.record = r.digest WHERE r.type <> 'decision-log'
    UNION ALL
    SELECT r.digest FROM log_entry e JOIN record r ON r.digest = e.record
     WHERE e.index > ${last} AND r.type <> 'decision-log'`.execute(tx);
  return rows.map(({ digest }) => digest).filter((digest) => !rejected.has(digest));
}

async function insertOutcomes(
  context: Sweeping,
  tx: Kysely<Database>,
  { deletion, judged }: { readonly deletion: string; readonly judged: readonly JudgedAgain[] },
): Promise<void> {
  const at = context.now();
  const rows = judged.map(({ thing: { kind, id }, refusal }) => {
    const isDeleted = refusal === undefined || refusal === GONE;
    const reason = refusal ?? 'deleted';
    const outcome = isDeleted ? ('deleted' as const) : ('skipped' as const);
    return { deletion, workspace: context.workspace, kind, id, outcome, reason, at };
  });
  await tx.insertInto('retention_outcome').values(rows).execute();
}

interface JudgedAgain {
  /** As it is now: bytes that a part has lost since are not counted. */
  readonly thing: PlannedThing;
  /** Why it may not go; undefined when it may. */
  readonly refusal: string | undefined;
}

/** Of the plan only the names are believed; whether they may go is found anew. */
export async function judgeAgain(
  context: Sweeping,
  reading: { readonly db: Kysely<Database>; readonly set: RecordSet },
  { ordered, things }: { readonly ordered: Ordered; readonly things: readonly PlannedThing[] },
): Promise<readonly JudgedAgain[]> {
  const { at } = ordered.content;
  const facts = await retentionFacts(context, reading, at);
  const stored = await storedThingsById(context, reading, things);
  // Bytes that another record names by now are another kind of thing under the same digest.
  const byId = new Map([...stored.values()].map((one) => [one.id, one]));
  return things.map((thing) => {
    const now =
      stored.get(thingKey(thing)) ?? (isDigest(thing.id) ? byId.get(thing.id) : undefined);
    if (now === undefined) return { thing, refusal: GONE };
    if (now.kind !== thing.kind) return { thing, refusal: `it is ${now.kind} by now` };
    const fate = judgeThing(facts, now, at);
    const { count, bytes } = now;
    if (fate.state === 'goes')
      return {
        thing: { ...thing, count, bytes, rule: fate.by?.rule ?? thing.rule, since: fate.until },
        refusal: undefined,
      };
    return { thing, refusal: refusalText(fate) };
  });
}

/** Short enough to be counted by: the rule or the hold, not the dates of each thing. */
function refusalText(fate: Fate): string {
  if (fate.state === 'held') return `held by ${fate.holds.map(({ id }) => id).join(', ')}`;
  if (fate.state === 'kept') return `kept by ${fate.by?.rule ?? 'a rule'}`;
  if (fate.state === 'uncovered') return 'no rule covers it';
  return fate.state === 'in-use' ? 'in use, or stored less than a day ago' : 'never deleted';
}
