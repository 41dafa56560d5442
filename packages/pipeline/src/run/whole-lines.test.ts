// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { wholeLines } from './whole-lines.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('words that are written one by one are passed on as the lines that they make, the last one without its end', () => {
  const passed: string[] = [];
  const lines = wholeLines((text) => passed.push(text));
  for (const piece of ['epoch', ' ', '1', '\n', 'a\nb\nc', ' d']) lines.add(bytes(piece));
  expect(passed).toEqual(['epoch 1\n', 'a\nb\n']);
  lines.end();
  expect(passed).toEqual(['epoch 1\n', 'a\nb\n', 'c d']);
});

test('a letter that is cut in two is whole again, and a line without an end is not held for ever', () => {
  const passed: string[] = [];
  const lines = wholeLines((text) => passed.push(text));
  const [first = 0, second = 0] = bytes('ü');
  lines.add(Uint8Array.of(first));
  lines.add(Uint8Array.of(second));
  lines.add(bytes('x'.repeat(10_000)));
  expect(passed.join('')).toBe(`ü${'x'.repeat(10_000)}`);
  lines.end();
  expect(passed).toHaveLength(1);
});
