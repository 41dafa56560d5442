// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { HighWaterFile } from './status-watch.ts';

const directory = mkdtempSync(join(tmpdir(), 'high-water-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test.each([
  ['no JSON', 'garbage'],
  ['empty', ''],
  ['null', 'null'],
  ['without a size', '{"root":"ab","time":"2026-01-01T00:00:00.000Z"}'],
  ['without a time', '{"size":1,"root":"ab"}'],
])('a memory of the log that is %s is refused, not begun anew', (_, text) => {
  const path = join(directory, 'seen.json');
  writeFileSync(path, text);
  expect(() => new HighWaterFile(path)).toThrow(expect.objectContaining({ code: 'state_invalid' }));
});

test('what was stored is read again, and no file is no memory', () => {
  const path = join(directory, 'other.json');
  expect(new HighWaterFile(path).mark).toBeUndefined();
  const mark = { size: 3, root: 'ab', time: '2026-01-01T00:00:00.000Z' };
  writeFileSync(path, JSON.stringify(mark));
  expect(new HighWaterFile(path).mark).toEqual(mark);
});
