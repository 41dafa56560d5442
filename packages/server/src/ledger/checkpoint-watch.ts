// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { ServerError } from '../errors.ts';
import type { DatabaseHandle } from '../store/index.ts';
import { CHECKPOINT_CHANNEL } from './publish-checkpoint.ts';
import { recordState } from './read-records.ts';

export interface Checkpointed {
  readonly index: number;
  readonly loggedAt: string;
  /** Size of the first checkpoint that covers the record. */
  readonly size: number;
}

export interface CheckpointWatch {
  /**
   * Waits until a record is checkpointed, whichever process sequences it.
   * @throws ServerError `record_unknown`; `checkpoint_timeout`, which says nothing about the record's fate
   */
  waitForCheckpoint(digest: string, options?: { timeoutMs?: number }): Promise<Checkpointed>;
  close(): Promise<void>;
}

/** Notifications are lost with the connection that hears them, so waiters also look for themselves. */
const LOOK_MS = 1_000;

/** Listens for checkpoints on a connection of its own, for any number of waiters. */
export async function openCheckpointWatch(database: DatabaseHandle): Promise<CheckpointWatch> {
  const state: WatchState = { next: Promise.withResolvers(), closed: false, client: undefined };
  await listen(database, state);
  return {
    waitForCheckpoint: (digest, options = {}) =>
      waitFor(database, state, { digest, timeoutMs: options.timeoutMs ?? 30_000 }),
    close: async () => {
      state.closed = true;
      state.next.resolve();
      await state.client?.end();
    },
  };
}

interface WatchState {
  /** Resolved and replaced at each notification. */
  next: PromiseWithResolvers<void>;
  client: Client | undefined;
  closed: boolean;
}

async function listen(database: DatabaseHandle, state: WatchState): Promise<void> {
  const client = await database.connect();
  state.client = client;
  client.on('notification', () => {
    state.next.resolve();
    state.next = Promise.withResolvers();
  });
  client.on('end', () => {
    if (!state.closed) {
      state.client = undefined; // the next waiter that looks opens it again
    }
  });
  await client.query(`LISTEN ${CHECKPOINT_CHANNEL}`);
}

async function waitFor(
  database: DatabaseHandle,
  state: WatchState,
  { digest, timeoutMs }: { readonly digest: string; readonly timeoutMs: number },
): Promise<Checkpointed> {
  const deadline = Date.now() + timeoutMs;
  while (!state.closed) {
    const { promise: notified } = state.next; // taken before looking, so that none is missed in between
    const found = await recordState(database.db, digest);
    if (found.name === 'checkpointed') {
      const { index, loggedAt, size } = found;
      return { index, loggedAt, size };
    }
    const left = deadline - Date.now();
    if (left <= 0) {
      break;
    }
    await Promise.race([notified, sleep(Math.min(left, LOOK_MS), undefined, { ref: false })]);
    if (state.client === undefined && !state.closed) {
      await listen(database, state);
    }
  }
  throw new ServerError(
    'checkpoint_timeout',
    `record \`${digest}\` is recorded but not yet checkpointed; see whether a sequencer runs, and ask again`,
    { details: { digest, timeoutMs } },
  );
}
