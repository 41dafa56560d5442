// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { paragraph, plain } from './document.ts';
import { markdownBlocks } from './markdown.ts';

test('headings, emphasis, code and links become plain inlines', () => {
  const blocks = markdownBlocks('# A *b*\n\nSee **x** and `y` at [home](https://example.org).');
  expect(blocks).toEqual([
    { kind: 'heading', level: 2, text: 'A b' },
    {
      kind: 'paragraph',
      text: [
        plain('See '),
        plain('x', 'strong'),
        plain(' and '),
        plain('y', 'code'),
        plain(' at '),
        plain('home'),
        plain(' <https://example.org>', 'code'),
        plain('.'),
      ],
    },
  ]);
});

test('lists nest and tables keep their alignment', () => {
  const [list, table] = markdownBlocks('- a\n  1. b\n\n| x | y |\n|:-|-:|\n| 1 | 2 |\n| 3 |\n');
  expect(list).toEqual({
    kind: 'list',
    ordered: false,
    items: [[paragraph('a'), { kind: 'list', ordered: true, items: [[paragraph('b')]] }]],
  });
  expect(table).toEqual({
    kind: 'table',
    columns: [
      { title: 'x', align: 'left' },
      { title: 'y', align: 'right' },
    ],
    rows: [
      [{ text: '1' }, { text: '2' }],
      [{ text: '3' }, { text: '' }],
    ],
  });
});

test('HTML and images are printed as the characters the author wrote', () => {
  expect(markdownBlocks('<script>alert(1)</script>')).toEqual([
    paragraph('<script>alert(1)</script>'),
  ]);
  const [inline] = markdownBlocks('a <b>c</b> ![alt](http://evil.example/x.png)');
  const text = inline?.kind === 'paragraph' ? inline.text : [];
  expect(text.map((part) => (part.kind === 'text' ? part.text : '')).join('')).toBe(
    'a <b>c</b> ![alt](http://evil.example/x.png)',
  );
});

test('a line break inside a paragraph is a space, a hard break is kept', () => {
  expect(markdownBlocks('a\nb  \nc')).toEqual([
    { kind: 'paragraph', text: [plain('a b'), { kind: 'break' }, plain('c')] },
  ]);
});

test('deep nesting is printed as written instead of nested for ever', () => {
  const deep = '> '.repeat(60);
  const json = JSON.stringify(markdownBlocks(`${deep}end`));
  expect(json).toContain('end');
  expect(json.split('"quote"').length - 1).toBeLessThanOrEqual(8);
});
