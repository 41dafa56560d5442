// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bytesText, transferText } from './transfer-progress.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [1_250_000, '1.3 MB'],
  [107_374_182_400, '107.4 GB'],
  [2e15, '2000.0 TB'],
])('%i bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('a line says how much, how fast and how long still', () => {
  const at = { done: 25_000_000_000, totalBytes: 100_000_000_000, elapsedMs: 100_000 };
  expect(transferText('sending 3 files', at)).toBe(
    'sending 3 files: 25.0 GB of 100.0 GB (25 %), 250.0 MB/s, 5 min 0 s left',
  );
});

test('nothing to send, and nothing sent yet, promise no time', () => {
  expect(transferText('sending 0 files', { done: 0, totalBytes: 0, elapsedMs: 0 })).toBe(
    'sending 0 files: 0 B of 0 B (100 %), 0 B/s',
  );
});
