// SPDX-License-Identifier: Apache-2.0
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { turns } from './take-turns.ts';

test('work of one key never overlaps, all work never exceeds the bound, and order is kept', async () => {
  const take = turns(3);
  const running = new Map<string, number>();
  const done: string[] = [];
  let most = 0;
  const work = (key: string, at: number) =>
    take(key, async () => {
      const mine = (running.get(key) ?? 0) + 1;
      running.set(key, mine);
      expect(mine).toBe(1);
      most = Math.max(
        most,
        [...running.values()].reduce((sum, one) => sum + one, 0),
      );
      await sleep(at % 3);
      running.set(key, 0);
      done.push(`${key}${at}`);
      return at;
    });
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const results = await Promise.all(keys.flatMap((key) => [1, 2, 3, 4].map((at) => work(key, at))));
  expect(results).toEqual(keys.flatMap(() => [1, 2, 3, 4]));
  expect(most).toBe(3);
  for (const key of keys) {
    expect(done.filter((one) => one.startsWith(key))).toEqual(
      [1, 2, 3, 4].map((at) => `${key}${at}`),
    );
  }
});

test('work that fails gives its turn on and fails alone', async () => {
  const take = turns(1);
  const failed = take('a', () => Promise.reject(new Error('no')));
  const next = take('a', () => Promise.resolve('yes'));
  await expect(failed).rejects.toThrow('no');
  expect(await next).toBe('yes');
  expect(await take('b', () => Promise.resolve('too'))).toBe('too');
});
