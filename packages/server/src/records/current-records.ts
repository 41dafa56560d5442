// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import {
  asOfIndex,
  type Checkpoint,
  checkpointOf,
  extendRecordSet,
  type KeyRegister,
  type LoggedRecord,
  type Primitives,
  type RecordSet,
  recordSet,
} from '@countersign/kernel';
import type { BlobStore } from '@countersign/pipeline';
import type { Kysely } from 'kysely';
import type { ServerContext } from '../context.ts';
import { ServerError } from '../errors.ts';
import type { Database } from '../store/index.ts';
import { readLogged } from './read-logged.ts';

/**
 * What counts now, kept in memory and grown from the log: each record is verified once. Headers of decision batches
 * are left out, since no gate reads them and there is one for every commit group of every gateway.
 */
export interface CurrentRecords {
  /** The register as of the last refresh. */
  register(): KeyRegister;
  /** The set with everything sequenced so far. */
  current(): Promise<RecordSet>;
  /**
   * The set once it holds these records (or has rejected them): for whoever needs what was just appended.
   * @throws ServerError `record_unknown`, `record_not_sequenced` when the sequencer has not come round in time
   */
  including(
    digests: readonly string[],
    options?: { readonly timeoutMs?: number },
  ): Promise<RecordSet>;
  /** The set as the latest published checkpoint covers it: what warrants and revocations count from. */
  checkpointed(): Promise<CheckpointedRecords | undefined>;
}

export interface CheckpointedRecords {
  readonly set: RecordSet;
  readonly checkpoint: Checkpoint;
  /** The signed note. */
  readonly text: string;
}

interface Parts {
  readonly db: Kysely<Database>;
  readonly blobs: BlobStore;
  readonly primitives: Primitives;
  readonly root: string;
  /** Wakes the sequencer when somebody waits for it. */
  readonly nudge?: () => void;
}

/** Log entries read by one query; bounds the memory of a first start on a long log. */
const PAGE_ENTRIES = 1_000;
const POLL_MS = 20;

/**
 * Reads the whole log and verifies it.
 * @throws ServerError `founding_mismatch` when the log does not begin with the founding record `root`
 */
export async function openCurrentRecords(parts: Parts): Promise<CurrentRecords> {
  let next = 0;
  let set: RecordSet | undefined;
  let refreshing: Promise<RecordSet> | undefined;
  let covered: CheckpointedRecords | undefined;

  const grow = async (): Promise<RecordSet> => {
    const end = await logSize(parts.db);
    while (next < end) {
      const to = Math.min(end, next + PAGE_ENTRIES);
      const entries = await readLogged(parts, { from: next, to });
      set =
        set === undefined ? begin(parts, entries) : extendRecordSet(parts.primitives, set, entries);
      next = to;
    }
    if (set === undefined) throw mismatch(parts.root, 'the log is empty');
    return set;
  };
  // Two refreshes at once would count the same entries twice.
  const current = (): Promise<RecordSet> => {
    refreshing ??= grow().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  // A refresh under way may have read the size of the log before the caller's commit.
  const fresh = async (): Promise<RecordSet> => {
    await refreshing?.catch(() => undefined); // its own caller hears of the failure
    return current();
  };
  const first = await current();
  return {
    register: () => (set ?? first).register,
    current: fresh,
    including: (digests, options) => including(parts, fresh, { digests, ...options }),
    checkpointed: async () => {
      covered = await newestCheckpoint(parts, { fresh, covered });
      return covered;
    },
  };
}

/** Everything that counts now. */
export function currentRecords(context: Pick<ServerContext, 'records'>): Promise<RecordSet> {
  return context.records.current();
}

function begin(parts: Parts, entries: readonly LoggedRecord[]): RecordSet {
  const result = recordSet(parts.primitives, parts.root, entries);
  if (!result.ok) throw mismatch(parts.root, result.reason);
  return result.set;
}

function mismatch(root: string, reason: string): ServerError {
  return new ServerError(
    'founding_mismatch',
    `this data is not of the firm founded by ${root}: ${reason}; check the data directory and the database URL`,
    { details: { root } },
  );
}

async function logSize(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('log_entry')
    .select(({ fn }) => fn.max('index').as('last'))
    .executeTakeFirst();
  return row?.last === null || row?.last === undefined ? 0 : Number(row.last) + 1;
}

async function including(
  parts: Parts,
  fresh: () => Promise<RecordSet>,
  want: { readonly digests: readonly string[]; readonly timeoutMs?: number },
): Promise<RecordSet> {
  const timeoutMs = want.timeoutMs ?? 15_000;
  const until = performance.now() + timeoutMs;
  for (;;) {
    const set = await fresh();
    const lacking = want.digests.filter((digest) => !isIn(set, digest));
    if (lacking.length === 0) return set;
    await refuseUnknown(parts.db, lacking);
    if (performance.now() > until) {
      throw new ServerError(
        'record_not_sequenced',
        `record ${lacking[0]} has no place in the log after ${timeoutMs} ms; check that the sequencer runs and try again`,
        { details: { digest: lacking[0] } },
      );
    }
    parts.nudge?.();
    await sleep(POLL_MS);
  }
}

function isIn(set: RecordSet, digest: string): boolean {
  return set.byDigest.has(digest) || set.rejected.some((one) => one.digest === digest);
}

async function refuseUnknown(db: Kysely<Database>, digests: readonly string[]): Promise<void> {
  const rows = await db
    .selectFrom('record')
    .select('digest')
    .where('digest', 'in', digests)
    .execute();
  const unknown = digests.find((digest) => !rows.some((row) => row.digest === digest));
  if (unknown !== undefined) {
    throw new ServerError('record_unknown', `no record ${unknown} is known here`, {
      details: { digest: unknown },
    });
  }
}

async function newestCheckpoint(
  parts: Parts,
  at: {
    readonly fresh: () => Promise<RecordSet>;
    readonly covered: CheckpointedRecords | undefined;
  },
): Promise<CheckpointedRecords | undefined> {
  const row = await parts.db
    .selectFrom('checkpoint')
    .select(['size', 'text'])
    .orderBy('size', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (at.covered?.text === row.text) return at.covered;
  // A key that later entries retire still vouches for a checkpoint that does not cover them.
  const set = asOfIndex(await at.fresh(), Number(row.size) - 1);
  const checkpoint = checkpointOf(parts.primitives, row.text, set);
  if (checkpoint?.size !== Number(row.size)) {
    throw new ServerError(
      'ledger_corrupt',
      'the latest checkpoint is not signed by the log key; run `countersign ledger verify`',
    );
  }
  return { set, checkpoint, text: row.text };
}
