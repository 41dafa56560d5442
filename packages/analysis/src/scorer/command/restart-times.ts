// SPDX-License-Identifier: Apache-2.0

const FIRST_MS = 200;
const LONGEST_MS = 30_000;
const WINDOW_MS = 60_000;
/** Starts in any minute: a row that kills its process must not keep a core busy with starting it. */
export const STARTS_MAX = 12;

/** When a process that ended may be started again: later after each failure in a row, and never more often than bounded. */
export class RestartTimes {
  #failures = 0;
  #starts: readonly number[] = [];

  started(nowMs: number): void {
    this.#starts = [...this.#starts, nowMs].slice(-STARTS_MAX);
  }

  /** An answer shows that the process is well. */
  answered(): void {
    this.#failures = 0;
  }

  /** Milliseconds from now until the next start, after a failure. */
  delayMs(nowMs: number): number {
    const backOff = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#failures);
    this.#failures += 1;
    const [oldest] = this.#starts;
    const isFull = this.#starts.length === STARTS_MAX && oldest !== undefined;
    return Math.max(backOff, isFull ? oldest + WINDOW_MS - nowMs : 0);
  }
}
