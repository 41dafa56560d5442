// SPDX-License-Identifier: Apache-2.0

/** Waits for its turn, does the work and gives its result. */
export type TakeTurn = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/**
 * Lets work under the same key happen one after another, and at most `atOnce` pieces of work in all. For work that holds
 * something scarce, such as a connection of its own: callers wait here, where waiting costs nothing.
 */
export function turns(atOnce: number): TakeTurn {
  const last = new Map<string, Promise<void>>();
  const waiting: (() => void)[] = [];
  let busy = 0;

  const enter = async (): Promise<void> => {
    if (busy < atOnce) busy += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve)); // the one that leaves hands its place on
  };
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) busy -= 1;
    else next();
  };

  return async (key, work) => {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const before = last.get(key);
    last.set(key, ended);
    try {
      await before;
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    } finally {
      end();
      if (last.get(key) === ended) last.delete(key);
    }
  };
}
