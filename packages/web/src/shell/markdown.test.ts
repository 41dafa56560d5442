// SPDX-License-Identifier: Apache-2.0
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { Markdown } from './markdown.tsx';

const html = (text: string) => renderToStaticMarkup(createElement(Markdown, { text }));

test('HTML in it is shown as the characters that were written', () => {
  const shown = html('a <b onclick="x()">b</b>\n\n<script>alert(1)</script>\n\n<iframe src="//x">');
  expect(shown).not.toMatch(/<(?:b|script|iframe)\b/);
  expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

test('a link leads to this site or shows its address, and no other scheme is one', () => {
  const away = html('[here](https://example.com/a)');
  expect(away).toContain('href="https://example.com/a"');
  expect(away).toContain('(https://example.com/a)');
  expect(html('[in](/findings)')).toContain('href="/findings"');
  for (const url of [
    'javascript:alert(1)',
    'data:text/html,x',
    '//evil.example',
    '/\\evil.example',
  ])
    expect(html(`[click](${url})`), url).not.toContain('href');
});

test('a picture is not fetched', () => {
  const shown = html('![the curve](https://example.com/pixel.png)');
  expect(shown).not.toContain('<img');
  expect(shown).toContain('[picture: the curve]');
});

test('headings, lists, tables and code come out as such, and nesting ends', () => {
  const shown = html('## One\n\n- a\n- b\n\n| x | y |\n| - | - |\n| 1 | 2 |\n\n`code`');
  for (const part of [
    '<h3>One</h3>',
    '<li><p>a</p></li>',
    '<th scope="col">x</th>',
    '<td>1</td>',
    '<code>code</code>',
  ])
    expect(shown).toContain(part);
  expect(html(`${'> '.repeat(200)}deep`)).toContain('…');
});
