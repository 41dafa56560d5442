// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { bundledFonts } from './fonts.ts';
import { printer } from './printable.ts';

const print = (text: string) => printer(bundledFonts().covers).print(text);

test('text of the bundled scripts is printed as it reads', () => {
  const text = 'Ångström “quoted” ≥ 0.8 × 10⁻³ → Ω Ж ß ﬁ שלום مرحبا 😀 ✓ #set *b* <b>';
  expect(print(text)).toBe(text);
});

test.each([
  ['a control character', 'a\u0007b'],
  ['an escape sequence', 'a\u001bb'],
  ['a direction override (CVE-2021-42574)', 'a\u202eb'],
  ['an isolate', 'a\u2066b'],
  ['a zero-width space', 'a\u200bb'],
  ['a private-use character', 'a\ue000b'],
  ['a lone surrogate', 'a\ud800b'],
  ['a tag character', 'a\u{e0041}b'],
  ['a character of no bundled script', 'a日b'],
])('%s becomes U+FFFD', (_, text) => {
  expect(print(text)).toBe('a\ufffdb');
});

test('line ends of every kind are line ends, a tab is four spaces', () => {
  expect(print('a\r\nb\rc\u2028d\te')).toBe('a\nb\nc\nd    e');
});

test('marks piled on one letter are cut at four', () => {
  expect(print(`a${'\u0301'.repeat(6)}b`)).toBe(`a${'\u0301'.repeat(4)}\ufffd\ufffdb`);
});

test('what was replaced is counted by code point, in order', () => {
  const counting = printer(bundledFonts().covers);
  counting.print('日a\u202e');
  counting.print('日');
  expect(counting.missing()).toEqual([
    { codePoint: 'U+202E', count: 1 },
    { codePoint: 'U+65E5', count: 2 },
  ]);
});
