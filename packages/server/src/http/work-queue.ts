// SPDX-License-Identifier: Apache-2.0
import { ServerError } from '../errors.ts';

export interface WorkQueue {
  /** @throws ServerError `too_many_requests` when as many wait as may */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Lets so many pieces of work run at once and so many wait: whoever sends a flood of sign-ins must not take the
 * connections and threads that decisions and records need.
 */
export function createWorkQueue(limits: {
  readonly atOnce: number;
  readonly waitingMax: number;
}): WorkQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  const enter = async (): Promise<void> => {
    if (running < limits.atOnce) {
      running += 1;
      return;
    }
    if (waiting.length >= limits.waitingMax) {
      throw new ServerError('too_many_requests', 'too many sign-ins at once; try again in a while');
    }
    // Whoever leaves hands its place on, so `running` stays as it is.
    await new Promise<void>((settle) => waiting.push(settle));
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  };
  return {
    run: async (work) => {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
