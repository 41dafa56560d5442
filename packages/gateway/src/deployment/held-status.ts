// SPDX-License-Identifier: Apache-2.0
import type { Status } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';
import { SKEW_MAX_MS } from './status-watch.ts';

/** Two clocks: the wall's, which somebody may set, and one that only ever runs forward (CLOCK_MONOTONIC). */
export interface Clocks {
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
}

/**
 * A status with the moment at which it was taken, on both clocks. A status is as old as the older of the two makes it:
 * a wall clock that jumps forward makes it stale, and one that is set back does not keep it fresh. While a machine
 * sleeps the monotonic clock stands still, and the wall clock tells.
 */
export class HeldStatus {
  readonly status: Status;
  readonly #clocks: Clocks;
  readonly #signedMs: number;
  /** Age when it was taken, and since when it has been held. */
  readonly #ageThen: number;
  readonly #takenAt: number;

  constructor(status: Status, clocks: Clocks) {
    this.status = status;
    this.#clocks = clocks;
    this.#signedMs = Date.parse(status.time);
    this.#ageThen = Math.max(0, clocks.nowMs() - this.#signedMs);
    this.#takenAt = clocks.monotonicMs();
  }

  ageMs(): number {
    const held = this.#ageThen + this.#clocks.monotonicMs() - this.#takenAt;
    return Math.max(held, this.#clocks.nowMs() - this.#signedMs);
  }

  /** The time now, at least: a clock that is set back takes no warrant back to before its end. */
  timeMs(): number {
    return this.#signedMs + this.ageMs();
  }

  /** Why nothing may be answered on it, or undefined. */
  refusal(freshnessMs: number): GatewayError | undefined {
    if (this.#clocks.nowMs() < this.#signedMs - SKEW_MAX_MS) {
      const message = `this clock is behind the log: the status is of ${this.status.time}`;
      return new GatewayError('status_stale', message);
    }
    const age = this.ageMs();
    if (age <= freshnessMs) return undefined;
    return new GatewayError(
      'status_stale',
      `the last status is ${Math.round(age / 1000)} s old, ${freshnessMs / 1000} s is the limit`,
    );
  }
}
