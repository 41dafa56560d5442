// SPDX-License-Identifier: Apache-2.0
import { AnalysisError } from '../../errors.ts';
import type { LineAnswer } from './protocol.ts';
import { RestartTimes } from './restart-times.ts';
import type { ScorerProcess } from './scorer-process.ts';

export interface PoolOptions {
  readonly workers: number;
  /** Starts a process and waits until it is ready or the signal says that none is wanted; called again after one ended. */
  readonly start: (signal: AbortSignal) => Promise<ScorerProcess>;
  /** How long a row may wait for a process that is free; for ever unless given. */
  readonly waitMs?: number | undefined;
  /** Rows wait for the next start where no process is left, instead of being refused at once. */
  readonly isPatient?: boolean | undefined;
  readonly nowMs: () => number;
  /** Told why a process ended or could not be started. */
  readonly report: (error: AnalysisError) => void;
}

interface Asked {
  readonly id: string;
  readonly line: string;
  readonly resolve: (answer: LineAnswer) => void;
  readonly reject: (error: unknown) => void;
  timer?: NodeJS.Timeout;
}

/** `up` has a process to ask; `away` has one that ends, or waits for the time of its next start. */
type SlotState = 'starting' | 'up' | 'away';

interface Slot {
  state: SlotState;
  process?: ScorerProcess;
  starting?: Promise<void>;
  isBusy: boolean;
  readonly times: RestartTimes;
  timer?: NodeJS.Timeout;
}

/** Of one scorer; more than can be answered in any wait that a caller would bear. */
export const QUEUE_MAX = 256;

/**
 * A few processes of one scorer, each with one row at a time. A row is asked once: whose process ends before it answers gets
 * that as an error, and so does who finds the queue full or no process left.
 */
export class ScorerPool {
  readonly #options: PoolOptions;
  readonly #slots: readonly Slot[];
  readonly #queue: Asked[] = [];
  #last = new AnalysisError('scorer_down', 'the scorer has not been started yet');
  readonly #closing = new AbortController();

  private constructor(options: PoolOptions) {
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, () => ({
      state: 'starting' as const,
      isBusy: false,
      times: new RestartTimes(),
    }));
  }

  /** Throws the AnalysisError of the first process that does not get ready. */
  static async open(options: PoolOptions): Promise<ScorerPool> {
    const pool = new ScorerPool(options);
    const started = await Promise.allSettled(pool.#slots.map((slot) => pool.#start(slot)));
    const failed = started.find((one) => one.status === 'rejected');
    if (failed === undefined) return pool;
    await pool.close();
    throw failed.reason;
  }

  /** Throws AnalysisError `scorer_busy`, `scorer_down`, `scorer_closed`, and what `ScorerProcess.ask` throws. */
  ask(id: string, line: string): Promise<LineAnswer> {
    if (this.#closing.signal.aborted) return Promise.reject(closedError());
    if (!this.#takesRows()) return Promise.reject(this.#down());
    return new Promise((resolve, reject) => {
      const asked: Asked = { id, line, resolve, reject };
      const free = this.#slots.find(({ state, isBusy }) => state === 'up' && !isBusy);
      if (free !== undefined) void this.#run(free, asked);
      else if (this.#queue.length < QUEUE_MAX) this.#wait(asked);
      else reject(busyError(`${QUEUE_MAX} rows wait already`));
    });
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#rejectQueue(closedError());
    const processes = this.#slots.map((slot) => {
      clearTimeout(slot.timer);
      slot.process?.kill();
      return [slot.process?.ended, slot.starting];
    });
    await Promise.allSettled(processes.flat());
  }

  #wait(asked: Asked): void {
    this.#queue.push(asked);
    const { waitMs } = this.#options;
    if (waitMs === undefined) return;
    asked.timer = setTimeout(() => {
      const at = this.#queue.indexOf(asked);
      if (at === -1) return;
      this.#queue.splice(at, 1);
      asked.reject(busyError(`no process was free within ${waitMs} ms`));
    }, waitMs);
  }

  async #run(slot: Slot, asked: Asked): Promise<void> {
    const { process } = slot;
    if (process === undefined) throw new Error('a slot that is up has a process');
    clearTimeout(asked.timer);
    slot.isBusy = true;
    try {
      asked.resolve(await process.ask(asked.id, asked.line));
      slot.times.answered();
    } catch (error) {
      // The process is being ended: nobody else may be given to it, and its end starts the next.
      this.#leave(slot, asAnalysisError(error));
      asked.reject(error);
    }
    slot.isBusy = false;
    this.#next(slot);
  }

  #next(slot: Slot): void {
    if (slot.state !== 'up' || slot.isBusy) return;
    const asked = this.#queue.shift();
    if (asked !== undefined) void this.#run(slot, asked);
  }

  #start(slot: Slot): Promise<void> {
    slot.state = 'starting';
    slot.starting = this.#startNow(slot);
    return slot.starting;
  }

  async #startNow(slot: Slot): Promise<void> {
    const { start, nowMs } = this.#options;
    slot.times.started(nowMs());
    const process = await start(this.#closing.signal);
    if (this.#closing.signal.aborted) {
      process.kill();
      await process.ended;
      return;
    }
    slot.process = process;
    slot.state = 'up';
    void process.ended.then((error) => this.#ended(slot, error));
    this.#next(slot);
  }

  /** Nothing of the process is left: it is started again when its time comes. */
  #ended(slot: Slot, error: AnalysisError): void {
    delete slot.process;
    if (this.#closing.signal.aborted) return;
    this.#leave(slot, error);
    slot.timer = setTimeout(() => {
      this.#start(slot).catch((reason: unknown) => this.#ended(slot, asAnalysisError(reason)));
    }, slot.times.delayMs(this.#options.nowMs()));
    slot.timer.unref();
    this.#options.report(error);
  }

  #leave(slot: Slot, error: AnalysisError): void {
    this.#last = error;
    slot.state = 'away';
    if (!this.#takesRows()) this.#rejectQueue(this.#down());
  }

  #takesRows(): boolean {
    return this.#options.isPatient === true || this.#slots.some(({ state }) => state !== 'away');
  }

  #down(): AnalysisError {
    const message = `no process of the scorer runs, the next start is awaited: ${this.#last.message}`;
    return new AnalysisError('scorer_down', message, { cause: this.#last });
  }

  #rejectQueue(error: AnalysisError): void {
    for (const asked of this.#queue.splice(0)) {
      clearTimeout(asked.timer);
      asked.reject(error);
    }
  }
}

function closedError(): AnalysisError {
  return new AnalysisError('scorer_closed', 'the scorer is closed; open it again');
}

function busyError(why: string): AnalysisError {
  return new AnalysisError(
    'scorer_busy',
    `the scorer is busy: ${why}; raise \`workers\` or ask less`,
  );
}

function asAnalysisError(reason: unknown): AnalysisError {
  if (reason instanceof AnalysisError) return reason;
  const message = reason instanceof Error ? reason.message : 'the scorer could not be started';
  return new AnalysisError('scorer_ended', message, { cause: reason });
}
