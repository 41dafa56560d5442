// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Status } from '@countersign/kernel';
import { GatewayError } from '../errors.ts';

/** What a gateway remembers across restarts: the furthest it has ever seen the log. */
export interface HighWater {
  readonly size: number;
  readonly root: string;
  readonly time: string;
  /** Key ids of log keys that were seen to be retired: nothing they sign is believed again. */
  readonly retiredLogKeys?: readonly string[];
}

/** A clock may run a little behind the server's; more than this means one of the two is wrong. */
export const SKEW_MAX_MS = 5000;
/** How far the time on disk may lag behind the newest seen: a restart accepts a replayed status at most so old. */
const TIME_LAG_MAX_MS = 10_000;

/**
 * A damaged mark is no missing one: to begin anew would accept a log that was rolled back.
 * @throws GatewayError `state_invalid`
 */
function readMark(path: string): HighWater {
  try {
    const mark = JSON.parse(readFileSync(path, 'utf8')) as Partial<HighWater> | null;
    const { size, root, time } = mark ?? {};
    const isMark =
      Number.isSafeInteger(size) &&
      typeof root === 'string' &&
      !Number.isNaN(Date.parse(`${time}`));
    if (isMark) return mark as HighWater;
  } catch {
    // Not JSON: refused below like anything else that is no mark.
  }
  throw new GatewayError(
    'state_invalid',
    `\`${path}\` is no memory of the log: put it back from a backup, or delete it and lose the means to notice a log that was rolled back until now`,
    { path },
  );
}

/** Keeps the high-water mark in a file; without it a restart would accept a log that was rolled back. */
export class HighWaterFile {
  readonly #path: string;
  #mark: HighWater | undefined;
  #stored: HighWater | undefined;
  #retired: ReadonlySet<string>;

  constructor(path: string) {
    this.#path = path;
    this.#mark = existsSync(path) ? readMark(path) : undefined;
    this.#stored = this.#mark;
    this.#retired = new Set(this.#mark?.retiredLogKeys ?? []);
  }

  get mark(): HighWater | undefined {
    return this.#mark;
  }

  get retiredLogKeys(): ReadonlySet<string> {
    return this.#retired;
  }

  raise(status: Status): void {
    const { size, root, time } = status;
    this.#mark = { size, root, time, ...this.#retiredMember() };
    const stored = this.#stored;
    const lag = stored === undefined ? 0 : Date.parse(time) - Date.parse(stored.time);
    if (stored?.size !== size || lag >= TIME_LAG_MAX_MS) this.#store(this.#mark);
  }

  /** Remembers log keys as retired, for good. */
  retire(keyids: Iterable<string>): void {
    const retired = new Set([...this.#retired, ...keyids]);
    if (retired.size === this.#retired.size) return;
    this.#retired = retired;
    if (this.#mark === undefined) return;
    this.#mark = { ...this.#mark, ...this.#retiredMember() };
    this.#store(this.#mark);
  }

  #retiredMember(): Pick<HighWater, 'retiredLogKeys'> {
    return this.#retired.size === 0 ? {} : { retiredLogKeys: [...this.#retired].sort() };
  }

  #store(mark: HighWater): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    // Written aside and renamed: a crash leaves the old mark or the new one, never half of it.
    writeFileSync(`${this.#path}.tmp`, JSON.stringify(mark));
    renameSync(`${this.#path}.tmp`, this.#path);
    this.#stored = mark;
  }
}

/**
 * Why a status is not of the log seen before, or undefined. One that is not smaller than the mark is still to be proven its
 * continuation (same-log.ts).
 */
export function logRefusal(
  status: Status,
  against: { readonly root: string; readonly mark: HighWater | undefined },
): GatewayError | undefined {
  const { root, mark } = against;
  if (status.founding !== root) {
    return new GatewayError('not_warranted', 'the status belongs to another founding record');
  }
  if (mark === undefined || status.size >= mark.size) return undefined;
  // A mirror that lags shows what was true once. A log that is smaller now than it was then has been cut.
  if (status.time <= mark.time) return older();
  return new GatewayError(
    'log_rollback',
    `the log has ${status.size} entries but had ${mark.size}: it was rolled back or restored from a backup`,
    { size: status.size, seen: mark.size },
  );
}

/** Why the time of a status rules it out, or undefined. Says nothing about the log: that is judged first. */
export function timeRefusal(
  status: Status,
  against: { readonly mark: HighWater | undefined; readonly nowMs: number },
): GatewayError | undefined {
  const { mark, nowMs } = against;
  if (mark !== undefined && status.time < mark.time) return older();
  if (Date.parse(status.time) > nowMs + SKEW_MAX_MS) {
    return new GatewayError(
      'status_stale',
      `this clock is behind the log: the status is of ${status.time}`,
    );
  }
  return undefined;
}

function older(): GatewayError {
  return new GatewayError('status_stale', 'the status is older than one seen before');
}
