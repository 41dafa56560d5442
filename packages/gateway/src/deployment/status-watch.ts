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
}

/** A clock may run a little behind the server's; more than this means one of the two is wrong. */
export const SKEW_MAX_MS = 5000;

/** Keeps the high-water mark in a file; without it a restart would accept a log that was rolled back. */
export class HighWaterFile {
  readonly #path: string;
  #mark: HighWater | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#mark = existsSync(path)
      ? (JSON.parse(readFileSync(path, 'utf8')) as HighWater)
      : undefined;
  }

  get mark(): HighWater | undefined {
    return this.#mark;
  }

  raise(status: Status): void {
    const mark: HighWater = { size: status.size, root: status.root, time: status.time };
    if (this.#mark?.size !== mark.size) {
      mkdirSync(dirname(this.#path), { recursive: true });
      // Written aside and renamed: a crash leaves the old mark or the new one, never half of it.
      writeFileSync(`${this.#path}.tmp`, JSON.stringify(mark));
      renameSync(`${this.#path}.tmp`, this.#path);
    }
    this.#mark = mark;
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
  if (mark !== undefined && status.size < mark.size) {
    return new GatewayError(
      'log_rollback',
      `the log has ${status.size} entries but had ${mark.size}: it was rolled back or restored from a backup`,
      { size: status.size, seen: mark.size },
    );
  }
  return undefined;
}

/** Why the time of a status rules it out, or undefined. Says nothing about the log: that is judged first. */
export function timeRefusal(
  status: Status,
  against: { readonly mark: HighWater | undefined; readonly nowMs: number },
): GatewayError | undefined {
  const { mark, nowMs } = against;
  if (mark !== undefined && status.time < mark.time) {
    return new GatewayError('status_stale', 'the status is older than one seen before');
  }
  if (Date.parse(status.time) > nowMs + SKEW_MAX_MS) {
    return new GatewayError(
      'status_stale',
      `this clock is behind the log: the status is of ${status.time}`,
    );
  }
  return undefined;
}
