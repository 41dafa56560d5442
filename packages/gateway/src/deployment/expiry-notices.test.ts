// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { daysLeft, ExpiryNotices } from './expiry-notices.ts';

const END = '2026-06-30T12:00:00.000Z';
const before = (days: number) => Date.parse(END) - days * 86_400_000;

test('a warrant is warned of once at each of 60, 30 and 7 days', () => {
  const said: string[] = [];
  const notices = new ExpiryNotices((text) => said.push(text));
  const warrant = { digest: 'ab'.repeat(32), name: 'credit@1', expires: END };
  const counts = [61.5, 60.5, 59, 31, 30.5, 12, 8, 7.5, 1.5, 0.5].map((days) => {
    notices.look([warrant], before(days));
    return said.length;
  });
  expect(counts).toEqual([0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  expect(said[2]).toContain('warrant abababababab of credit@1 ends in 7 days');
});

test('each warrant is warned of by itself', () => {
  const said: string[] = [];
  const notices = new ExpiryNotices((text) => said.push(text));
  const two = ['ab', 'cd'].map((one) => ({ digest: one.repeat(32), name: one, expires: END }));
  notices.look(two, before(1.5));
  expect(said).toHaveLength(2);
  expect(said[0]).toContain('ends in 1 day,');
});

test('days left are whole days and never below zero', () => {
  expect([2.9, 1, 0.9, -5].map((days) => daysLeft(END, before(days)))).toEqual([2, 1, 0, 0]);
});
