// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineError } from '../errors.ts';

const PAUSE_MS = 500;

export interface Retries {
  readonly attemptsMax: number;
  readonly isTransient: (cause: unknown) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Tries again what may pass by itself, with pauses that double; the last failure is thrown as it is. */
export async function retrying<T>(options: Retries, work: () => Promise<T>): Promise<T> {
  const { attemptsMax, isTransient: mayPass, signal } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (cause) {
      if (attempt >= attemptsMax || !mayPass(cause)) throw cause;
      await sleep(PAUSE_MS * 2 ** (attempt - 1), undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** A source that could not be reached now may be reached in a second. */
export function isTransient(cause: unknown): boolean {
  return cause instanceof PipelineError && cause.code === 'source_unreachable';
}
