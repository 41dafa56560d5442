// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import {
  attemptedKey,
  attemptPassword,
  FAILURE_WINDOW_MS,
  FAILURES_MAX,
  type PasswordFailures,
} from './lock-out.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-03-01T09:00:00.000Z');

/** Fails ten times in a row. */
function lockOut(before: PasswordFailures | undefined, now: number): PasswordFailures {
  let state = before;
  for (let n = 0; n < FAILURES_MAX; n += 1) {
    const attempt = attemptPassword(state, now);
    if (!attempt.allowed) throw new Error(`attempt ${n} is refused`);
    state = attempt.next;
  }
  if (state === undefined) throw new Error('nothing was attempted');
  return state;
}

describe('attempts at a password', () => {
  test('ten are looked at, the eleventh is not, and the tenth is told as the last', () => {
    const ninth = Array.from({ length: 9 }).reduce<PasswordFailures | undefined>((state) => {
      const attempt = attemptPassword(state, START);
      return attempt.allowed ? attempt.next : state;
    }, undefined);
    const tenth = attemptPassword(ninth, START);
    expect(tenth).toMatchObject({ allowed: true, isLast: true });
    const after = tenth.allowed ? tenth.next : undefined;
    expect(attemptPassword(after, START)).toEqual({ allowed: false });
    expect(attemptPassword(after, START + 15 * MINUTE - 1)).toEqual({ allowed: false });
    expect(attemptPassword(after, START + 15 * MINUTE)).toMatchObject({ allowed: true });
  });

  test('nine, a quarter of an hour, and nine more lock nothing out', () => {
    let state: PasswordFailures | undefined;
    for (const now of [START, START + FAILURE_WINDOW_MS]) {
      for (let n = 0; n < 9; n += 1) {
        const attempt = attemptPassword(state, now);
        expect(attempt).toMatchObject({ allowed: true, isLast: false });
        state = attempt.allowed ? attempt.next : state;
      }
    }
  });

  test('each lock-out lasts twice as long as the one before, a day at most', () => {
    let state: PasswordFailures | undefined;
    let now = START;
    const minutes: number[] = [];
    for (let n = 0; n < 9; n += 1) {
      state = lockOut(state, now);
      minutes.push(((state.lockedUntil ?? 0) - now) / MINUTE);
      now = state.lockedUntil ?? 0;
    }
    expect(minutes).toEqual([15, 30, 60, 120, 240, 480, 960, 1440, 1440]);
  });

  test('a day without a lock-out makes the next one a first one', () => {
    const first = lockOut(undefined, START);
    const later = (first.lockedUntil ?? 0) + 24 * 60 * MINUTE;
    const second = lockOut(first, later);
    expect((second.lockedUntil ?? 0) - later).toBe(15 * MINUTE);
  });

  test('addresses without an account share few rows, whatever their case', () => {
    const keys = Array.from({ length: 5_000 }, (_, n) =>
      attemptedKey(undefined, `a${n}@x.example`),
    );
    expect(new Set(keys).size).toBeLessThanOrEqual(64);
    expect(attemptedKey(undefined, 'A@X.example')).toBe(attemptedKey(undefined, 'a@x.example'));
    expect(attemptedKey('user-1', 'a@x.example')).toBe('user-1');
  });
});
