// SPDX-License-Identifier: Apache-2.0
import {
  canonicalBytes,
  countByRule,
  DELETION_KIND,
  DISPOSAL_KIND,
  type Json,
  type KindCount,
  type PlannedThing,
  type RecordSet,
  recordsOfType,
} from '@countersign/kernel';
import { sql } from 'kysely';
import { ServerError } from '../errors.ts';
import { recordByPlatform } from '../records/index.ts';
import { destroyDataKeys, unusedDataKeys } from './data-keys-unused.ts';
import { finishDeletion, judgeAgain } from './delete-chunks.ts';
import { insertItems, readDeletionList, restoreDeletions } from './deletions.ts';
import { thingKey } from './stored-things.ts';
import { type Ordered, orderedSweep, type Sweeping } from './sweep-order.ts';

export interface SweepState {
  readonly sweep: string;
  readonly plan: string;
  readonly done: boolean;
  readonly deleted: readonly KindCount[];
  readonly skipped: readonly { readonly reason: string; readonly count: number }[];
  readonly left: number;
  readonly disposal?: string;
}

/** Things of one deletion record. */
const DELETION_THINGS = 2_000;
const SWEEP_LOCK = 7_302_001;

/**
 * Carries out a bounded piece of a sweep: what a killed one began first, then the next things of its plan that may still go.
 * Ask until it is done. Each thing is judged again at the moment of its deletion, while nobody can add a record.
 *
 * What is durable when: (1) the deletion record with its list, before anything is touched; (2) it has its place in the
 * log; (3) things and their outcomes, by chunks: a crash between a file's end and its outcome leaves a listed thing
 * without an outcome, which the next call deletes again; (4) the disposal record.
 * @throws ServerError `sweep_refused`, `sweep_running`
 */
export async function carryOutSweep(context: Sweeping, digest: string): Promise<SweepState> {
  const set = await context.records.current();
  const ordered = await orderedSweep(context, set, digest);
  await restoreDeletions(context, set);
  const lock = await context.database.pool.connect();
  try {
    const { rows } = await lock.query<{ held: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS held',
      [SWEEP_LOCK],
    );
    if (rows[0]?.held !== true)
      throw new ServerError(
        'sweep_running',
        'another sweep is under way; ask again when it is done',
      );
    try {
      return await carryOut(context, ordered);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [SWEEP_LOCK]);
    }
  } finally {
    lock.release();
  }
}

async function carryOut(context: Sweeping, ordered: Ordered): Promise<SweepState> {
  const { sweep } = ordered;
  const earlier = disposalOf(await context.records.current(), sweep.digest);
  if (earlier !== undefined) {
    // A crash may have come between the record and the keys that it says are gone.
    await destroyDataKeys(context, await destroyedBy(context, earlier));
    return stateOf(context, ordered, { disposal: earlier });
  }
  for (const { deletion, list } of await unfinished(context, sweep.digest)) {
    await finishDeletion(context, ordered, {
      deletion,
      things: await readDeletionList(context, list),
    });
  }
  const { going, skipped } = await remaining(context, ordered);
  if (going.length === 0) return dispose(context, ordered, skipped);
  const things = going.slice(0, DELETION_THINGS);
  const deletion = await recordDeletion(context, ordered, things);
  await finishDeletion(context, ordered, { deletion, things });
  return stateOf(context, ordered, {});
}

function disposalOf(set: RecordSet, sweep: string): string | undefined {
  return recordsOfType(set, 'retention-rule').find(
    ({ statement: { predicate } }) =>
      predicate.kind === DISPOSAL_KIND && predicate.content.sweep === sweep,
  )?.digest;
}

async function destroyedBy(context: Sweeping, disposal: string): Promise<readonly string[]> {
  const set = await context.records.including([disposal]);
  const said = set.byDigest.get(disposal)?.statement.predicate.content.destroyedKeys;
  return (said ?? []) as unknown as readonly string[]; // this server wrote it
}

interface BegunDeletion {
  readonly deletion: string;
  readonly list: string;
}

async function deletionsBy(context: Sweeping, sweep: string): Promise<readonly BegunDeletion[]> {
  const set = await context.records.current();
  return recordsOfType(set, 'retention-rule').flatMap(({ digest, statement: { predicate } }) =>
    predicate.kind === DELETION_KIND && predicate.content.sweep === sweep
      ? [{ deletion: digest, list: String(predicate.content.list) }]
      : [],
  );
}

/** Deletions of which some thing has no outcome: what was under way when a server was killed. */
async function unfinished(context: Sweeping, sweep: string): Promise<readonly BegunDeletion[]> {
  // A killed server may have left its record without a place in the log.
  const { rows } = await sql<{ digest: string }>`
    SELECT r.digest FROM record r JOIN unsequenced u ON u.record = r.digest
     WHERE r.type = 'retention-rule'`.execute(context.database.db);
  await context.records.including(rows.map(({ digest }) => digest));
  const begun = await deletionsBy(context, sweep);
  const { rows: open } = await sql<{ deletion: string }>`
    SELECT DISTINCT i.deletion FROM retention_item i
     WHERE i.deletion = ANY(${begun.map(({ deletion }) => deletion)})
       AND NOT EXISTS (SELECT FROM retention_outcome o
                        WHERE (o.deletion, o.kind, o.id) = (i.deletion, i.kind, i.id))`.execute(
    context.database.db,
  );
  const ids = new Set(open.map(({ deletion }) => deletion));
  return begun.filter(({ deletion }) => ids.has(deletion));
}

/** What of the plan was not listed for deletion yet: what may go, and why the rest may not. */
async function remaining(context: Sweeping, ordered: Ordered) {
  const begun = await deletionsBy(context, ordered.sweep.digest);
  const { rows } = await sql<{ kind: string; id: string }>`
    SELECT kind, id FROM retention_item
     WHERE deletion = ANY(${begun.map(({ deletion }) => deletion)})`.execute(context.database.db);
  const listed = new Set(rows.map(thingKey));
  const open = ordered.plan.things.filter((thing) => !listed.has(thingKey(thing)));
  const set = await context.records.current();
  const judged = await judgeAgain(
    context,
    { db: context.database.db, set },
    { ordered, things: open },
  );
  return {
    going: judged.flatMap(({ thing, refusal }) => (refusal === undefined ? [thing] : [])),
    skipped: judged.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal])),
  };
}

/** Says what will be deleted, signed and in the log, before anything is. */
async function recordDeletion(
  context: Sweeping,
  { sweep, content }: Ordered,
  things: readonly PlannedThing[],
): Promise<string> {
  const { digest: list } = await context.blobs.put(canonicalBytes(things as unknown as Json)); // interfaces of JSON members
  const deletion = await context.database.db.transaction().execute(async (tx) => {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'retention-rule',
      kind: DELETION_KIND,
      scope: 'firm',
      subjectRef: {},
      producer: 'platform',
      source: [sweep.digest],
      blobs: [list],
      content: { sweep: sweep.digest, plan: content.plan, list, counts: countByRule(things) },
    });
    await insertItems(tx, { deletion: digest, workspace: context.workspace }, things);
    return digest;
  });
  await context.records.including([deletion]);
  return deletion;
}

async function stateOf(
  context: Sweeping,
  { sweep, content, plan }: Ordered,
  at: { readonly disposal?: string; readonly skipped?: readonly string[] },
): Promise<SweepState> {
  const { deleted, skipped, settled } = await outcomesOf(context, sweep.digest);
  const done = at.disposal !== undefined;
  return {
    sweep: sweep.digest,
    plan: content.plan,
    done,
    deleted,
    skipped: await skippedOf(context, at, skipped),
    left: done ? 0 : plan.things.length - settled,
    ...(at.disposal === undefined ? {} : { disposal: at.disposal }),
  };
}

/** Once it is done, as the disposal record says. */
async function skippedOf(
  context: Sweeping,
  at: { readonly disposal?: string },
  known: SweepState['skipped'],
): Promise<SweepState['skipped']> {
  if (at.disposal === undefined) return known;
  const set = await context.records.including([at.disposal]);
  const said = set.byDigest.get(at.disposal)?.statement.predicate.content.skipped;
  return (said ?? []) as unknown as SweepState['skipped']; // this server wrote it
}

async function outcomesOf(context: Sweeping, sweep: string) {
  const begun = await deletionsBy(context, sweep);
  const { rows } = await sql<PlannedThing & { outcome: string; reason: string }>`
    SELECT i.kind, i.id, i.rule, i.count, i.bytes, o.outcome, o.reason
      FROM retention_item i JOIN retention_outcome o USING (deletion, kind, id)
     WHERE i.deletion = ANY(${begun.map(({ deletion }) => deletion)})`.execute(context.database.db);
  const told = rows.map((row) => ({ ...row, count: Number(row.count), bytes: Number(row.bytes) }));
  return {
    deletions: begun.map(({ deletion }) => deletion),
    deleted: countByRule(told.filter(({ outcome }) => outcome === 'deleted')),
    skipped: countReasons(
      told.flatMap(({ outcome, reason }) => (outcome === 'skipped' ? [reason] : [])),
    ),
    settled: told.length,
  };
}

function countReasons(reasons: readonly string[]): SweepState['skipped'] {
  const groups = [...Map.groupBy(reasons, (reason) => reason)];
  return groups
    .map(([reason, all]) => ({ reason, count: all.length }))
    .sort((a, b) => (a.reason < b.reason ? -1 : 1));
}

/** The proof of what went, by which rule, and of what was spared and why. */
async function dispose(
  context: Sweeping,
  ordered: Ordered,
  spared: readonly string[],
): Promise<SweepState> {
  const { sweep, content, plan } = ordered;
  const { deletions, deleted, skipped } = await outcomesOf(context, sweep.digest);
  const reasons = skipped.flatMap(({ reason, count }) =>
    Array.from({ length: count }, () => reason),
  );
  const destroyedKeys = await unusedDataKeys(context);
  const disposal = await context.database.db.transaction().execute(async (tx) => {
    const { digest } = await recordByPlatform(context, tx, {
      type: 'retention-rule',
      kind: DISPOSAL_KIND,
      scope: 'firm',
      subjectRef: {},
      producer: 'platform',
      source: [sweep.digest, ...deletions],
      content: {
        sweep: sweep.digest,
        plan: content.plan,
        policy: plan.policy,
        deletions,
        deleted,
        skipped: countReasons([...reasons, ...spared]),
        ...(destroyedKeys.length === 0 ? {} : { destroyedKeys }),
      },
    });
    return digest;
  });
  await context.records.including([disposal]);
  await destroyDataKeys(context, destroyedKeys);
  return stateOf(context, ordered, { disposal });
}
