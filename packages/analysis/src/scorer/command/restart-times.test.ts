// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { RestartTimes, STARTS_MAX } from './restart-times.ts';

test('each failure in a row puts the next start off for twice as long, up to 30 s', () => {
  const times = new RestartTimes();
  const delays = Array.from({ length: 10 }, () => times.delayMs(0));
  expect(delays).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]);
});

test('an answer ends the row of failures', () => {
  const times = new RestartTimes();
  times.delayMs(0);
  times.delayMs(0);
  times.answered();
  expect(times.delayMs(0)).toBe(200);
});

test('a process that answers between its ends is still started twelve times a minute at most', () => {
  const times = new RestartTimes();
  let nowMs = 0;
  const starts: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    times.started(nowMs);
    starts.push(nowMs);
    times.answered();
    nowMs += times.delayMs(nowMs);
  }
  for (const [n, at] of starts.entries()) {
    const before = starts[n - STARTS_MAX];
    if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(60_000);
  }
});
