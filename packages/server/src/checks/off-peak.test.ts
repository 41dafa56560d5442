// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { isOffPeak } from './off-peak.ts';

describe('off-peak hours', () => {
  test.each([
    ['2026-01-10T01:00:00.000Z', { from: 1, to: 5, zone: 'UTC' }, true],
    ['2026-01-10T05:00:00.000Z', { from: 1, to: 5, zone: 'UTC' }, false],
    // New York is five hours behind in January and four in July.
    ['2026-01-10T06:30:00.000Z', { from: 1, to: 2, zone: 'America/New_York' }, true],
    ['2026-07-10T06:30:00.000Z', { from: 1, to: 2, zone: 'America/New_York' }, false],
    ['2026-01-10T23:30:00.000Z', { from: 22, to: 3, zone: 'UTC' }, true],
    ['2026-01-10T02:59:59.999Z', { from: 22, to: 3, zone: 'UTC' }, true],
    ['2026-01-10T03:00:00.000Z', { from: 22, to: 3, zone: 'UTC' }, false],
    ['2026-01-10T12:00:00.000Z', { from: 0, to: 0, zone: 'UTC' }, true],
  ])('%s in %o is %s', (now, hours, is) => {
    expect(isOffPeak(now, hours)).toBe(is);
  });
});
