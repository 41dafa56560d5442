// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newDirectory } from './new-directory.ts';

test('demonstrations of one second have directories of their own, in the order of their names', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'demo-'));
  const now = '2026-11-22T10:00:00.000Z';
  const made = Array.from({ length: 9 }, () => newDirectory(cwd, now));
  expect(made[0]).toBe(join(cwd, '.countersign', 'demo-20261122-100000'));
  expect(new Set(made).size).toBe(9);
  expect(made.toSorted()).toEqual(made);
  expect(() => newDirectory(cwd, now)).toThrow('9 demonstrations of this second');
});
