// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { csv } from './csv.ts';

test('cells are quoted as RFC 4180 asks', () => {
  expect(csv(['a', 'b'], [['x, y', 'say "so"']])).toBe('a,b\r\n"x, y","say ""so"""\r\n');
  expect(csv(['a'], [['two\nlines']])).toBe('a\r\n"two\nlines"\r\n');
});

test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1'])(
  'a cell that a spreadsheet would run as a formula is text: %j',
  (value) => {
    const [, line] = csv(['a'], [[value]]).split(/\r\n(?!=)/);
    expect(line?.replace(/^"/, '').startsWith("'")).toBe(true);
  },
);

test('numbers, negative ones too, stay numbers', () => {
  expect(csv(['a'], [[-3]])).toBe('a\r\n-3\r\n');
});
