// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobStore } from '@countersign/pipeline';
import type { Client } from 'pg';
import { ServerError } from '../errors.ts';
import type { DatabaseHandle, PublishedStore } from '../store/index.ts';
import { checkPosition } from './log-position.ts';
import type { LogKeys } from './log-signers.ts';
import { publishCheckpoint, type TreeHead } from './publish-checkpoint.ts';
import { sequenceBatch } from './sequence-batch.ts';
import { SEQUENCER_LOCK, type SequencerContext, type SequencerStep } from './sequencer-context.ts';

export interface SequencerOptions {
  readonly database: Pick<DatabaseHandle, 'connect'>;
  readonly published: PublishedStore;
  readonly blobs: BlobStore;
  readonly keys: LogKeys;
  readonly now: () => Date;
  /** Pause between looks at an empty queue; default 100. */
  readonly intervalMs?: number;
  /** Records in one transaction and one checkpoint at most; default 1024 (32 MB of payloads at worst). */
  readonly batchMax?: number;
  /** Pause before starting again after a failure of database or store; default 1000. */
  readonly retryMs?: number;
  /** Told after each step, for metrics; what it throws ends the attempt as a crash at that point would. */
  readonly observe?: (step: SequencerStep) => void;
}

export type SequencerState =
  /** Another process holds the lock. */
  | { readonly name: 'standby' }
  | { readonly name: 'leading'; readonly size: number }
  /** Database or store does not answer; tried again until it does. */
  | { readonly name: 'retrying'; readonly error: unknown }
  /** The log must not be signed; a person has to act. */
  | { readonly name: 'refused'; readonly error: ServerError }
  | { readonly name: 'stopped' };

export interface Sequencer {
  state(): SequencerState;
  /** Looks at the queue now instead of at the next interval. */
  nudge(): void;
  /** Finishes the step under way and gives up the lock. */
  stop(): Promise<void>;
}

/**
 * Starts this process's sequencer. One process of all leads, by an advisory lock; the others stand by and take
 * over when its connection ends. Resolves once it leads or stands by.
 * @throws ServerError `ledger_behind`, `ledger_fork`, `ledger_corrupt` when it could lead but must not sign
 */
export async function startSequencer(options: SequencerOptions): Promise<Sequencer> {
  const run = new SequencerRun(options);
  await run.started;
  return run;
}

class SequencerRun implements Sequencer {
  readonly started: Promise<void>;
  readonly #options: SequencerOptions;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #state: SequencerState = { name: 'standby' };
  #wake: AbortController = new AbortController();
  #client: Client | undefined;
  #settled: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.started = this.#settled.promise;
    this.#ended = this.#run();
  }

  state(): SequencerState {
    return this.#state;
  }

  nudge(): void {
    this.#wake.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.nudge();
    if (this.#state.name === 'standby') {
      // Waiting for the lock cannot be interrupted otherwise.
      await this.#client?.end();
    }
    await this.#ended;
    this.#state = { name: 'stopped' };
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#lead();
      } catch (error) {
        if (this.#stopping.signal.aborted) {
          break;
        }
        if (error instanceof ServerError && REFUSALS.has(error.code)) {
          this.#state = { name: 'refused', error };
          this.#settled.reject(error);
          return;
        }
        this.#state = { name: 'retrying', error };
        await this.#pause(this.#options.retryMs ?? 1000);
      } finally {
        await this.#client?.end().catch(() => {}); // already gone is what we want
        this.#client = undefined;
      }
    }
  }

  /** Takes the lock, checks the log's position and works until stopped or something fails. */
  async #lead(): Promise<void> {
    const client = await this.#options.database.connect();
    this.#client = client;
    await this.#takeLock(client);
    const token = await raiseToken(client);
    const context = contextOf(this.#options, client, token);
    let head = await checkPosition(context);
    this.#leads(head);
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController();
      const sequenced = await sequenceBatch(context);
      context.observe('entries-committed');
      const next = await publishCheckpoint(context, head);
      const idle = sequenced === 0 && next === head;
      head = next;
      this.#leads(head);
      if (idle) {
        await this.#pause(this.#options.intervalMs ?? 100);
      }
    }
  }

  async #takeLock(client: Client): Promise<void> {
    const { rows } = await client.query<{ taken: boolean }>(
      'SELECT pg_try_advisory_lock($1) AS taken',
      [SEQUENCER_LOCK],
    );
    if (rows[0]?.taken !== true) {
      this.#state = { name: 'standby' };
      this.#settled.resolve();
      await client.query('SELECT pg_advisory_lock($1)', [SEQUENCER_LOCK]);
    }
  }

  #leads(head: TreeHead): void {
    this.#state = { name: 'leading', size: head.size };
    this.#settled.resolve();
  }

  async #pause(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.#wake.signal, this.#stopping.signal]);
    await sleep(ms, undefined, { signal }).catch(() => {}); // woken early
  }
}

/** Failures that trying again cannot mend. `ledger_fenced` is not one: the lock can be waited for. */
const REFUSALS: ReadonlySet<string> = new Set(['ledger_behind', 'ledger_fork', 'ledger_corrupt']);

function contextOf(options: SequencerOptions, client: Client, token: number): SequencerContext {
  const { published, blobs, keys, now } = options;
  const observe = options.observe ?? (() => {});
  return {
    client,
    token,
    published,
    blobs,
    keys,
    now,
    observe,
    batchMax: options.batchMax ?? 1024,
  };
}

/** Whoever holds an older token finds out before it signs. */
async function raiseToken(client: Client): Promise<number> {
  const { rows } = await client.query<{ token: number }>(
    'UPDATE sequencer SET token = token + 1 RETURNING token',
  );
  return rows[0]!.token;
}
