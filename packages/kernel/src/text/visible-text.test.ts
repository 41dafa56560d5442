// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { visibleLines, visibleText } from './visible-text.ts';

test.each([
  ['\u001b[2J\u001b[31m', '\\u001b[2J\\u001b[31m'],
  ['\u009b2J', '\\u009b2J'],
  ['a\r\nb\tc\u0007', 'a\\u000d\\u000ab\\u0009c\\u0007'],
  ['\u202egpj.exe', '\\u202egpj.exe'],
  ['\u2066x\u2069\u200b\ufeff', '\\u2066x\\u2069\\u200b\\ufeff'],
  ['\ud800', '\\ud800'],
  ['\u{e0041}', '\\udb40\\udc41'],
])('%j is shown as its escapes', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
});

test('letters, marks, symbols and emoji of any script stay as they are', () => {
  const text = 'Žluťoučký שלום 日本 e\u0301 😀 – “x” \u00a0';
  expect(visibleText(text)).toBe(text);
});

test('within JSON the escapes mean the same text', () => {
  const text = JSON.stringify({ name: '\u009b\u202e\u{e0041}\n' });
  expect(JSON.parse(visibleText(text))).toEqual(JSON.parse(text));
});

test('a further line is indented', () => {
  expect(visibleLines('first\r\nthe case file verifies\u001b[A')).toBe(
    'first\n    the case file verifies\\u001b[A',
  );
});
