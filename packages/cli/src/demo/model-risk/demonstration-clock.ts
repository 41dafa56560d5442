// SPDX-License-Identifier: Apache-2.0
import { DemoFailure } from '../demo-failure.ts';

export const DAY_MS = 86_400_000;

/**
 * The clock of a demonstration firm: it starts in the past and runs as time does, but for leaps forward. It never leaves
 * the present behind, so that whoever opens the firm afterwards finds nothing that is still to come.
 */
export class DemonstrationClock {
  readonly #real: () => number;
  #behindMs: number;

  constructor(daysBack: number, real: () => number = Date.now) {
    this.#real = real;
    this.#behindMs = daysBack * DAY_MS;
  }

  nowMs(): number {
    return this.#real() - this.#behindMs;
  }

  now(): Date {
    return new Date(this.nowMs());
  }

  /** @throws DemoFailure when the leap would lead into the future */
  leap(days: number): void {
    const left = this.#behindMs - days * DAY_MS;
    if (left < 0) throw new DemoFailure(`the walk is ${-left / DAY_MS} days longer than its clock`);
    this.#behindMs = left;
  }

  /** To the present. */
  catchUp(): void {
    this.#behindMs = 0;
  }

  /** The day so many days from now, as the command line takes it. */
  day(fromNow: number): string {
    return new Date(this.nowMs() + fromNow * DAY_MS).toISOString().slice(0, 10);
  }
}
