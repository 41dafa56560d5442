// SPDX-License-Identifier: Apache-2.0
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createWorkQueue } from './work-queue.ts';

describe('a work queue', () => {
  test('runs so many at once, in the order that they came, and goes on after a failure', async () => {
    const queue = createWorkQueue({ atOnce: 2, waitingMax: 10 });
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) =>
        queue.run(async () => {
          begun.push(n);
          running += 1;
          most = Math.max(most, running);
          await turn();
          running -= 1;
          if (n === 3) throw new Error('fails');
          return n;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(begun).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  test('refuses whom it has no room for, and has room again afterwards', async () => {
    const queue = createWorkQueue({ atOnce: 1, waitingMax: 1 });
    const work = () => queue.run(() => turn('done'));
    const results = await Promise.allSettled([work(), work(), work()]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(results[2]).toMatchObject({ reason: { code: 'too_many_requests' } });
    expect(await work()).toBe('done');
  });
});
