// SPDX-License-Identifier: Apache-2.0

import { createHash } from 'node:crypto';
import { paperText } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { readPaper } from './read-paper.ts';

const GOOD = `---
evidence: intended-use
scope: use
title: What it is for
author: omar.owner
reviewed: 2026
---

Words before the first heading are read by people alone.

## Purpose

To decide.

\`\`\`
## not a heading
\`\`\`

## Users

Officers.
`;

describe('readPaper', () => {
  test('sections are the text below each second-level heading, code fences left whole', () => {
    const paper = readPaper('a.md', GOOD);
    expect(paper.content.sections).toEqual([
      { heading: 'Purpose', markdown: 'To decide.\n\n```\n## not a heading\n```' },
      { heading: 'Users', markdown: 'Officers.' },
    ]);
    expect(paper.content.facts).toEqual({ reviewed: '2026' });
    expect(paper.content.text.digest).toBe(createHash('sha256').update(GOOD).digest('hex'));
    expect(paper.content.text.size).toBe(Buffer.byteLength(GOOD));
  });

  test.each([
    ['no front matter', '## Purpose\n', 'a.md:1: it must begin with front matter'],
    [
      'an unclosed front matter',
      '---\nevidence: x\n',
      'a.md:1: the front matter has no closing line',
    ],
    [
      'an unknown kind of evidence',
      GOOD.replace('intended-use', 'intended-abuse'),
      'a.md:2: `intended-abuse` is no kind of evidence',
    ],
    ['an unknown scope', GOOD.replace('scope: use', 'scope: planet'), 'a.md:3: `scope` is one of'],
    [
      'a missing author',
      GOOD.replace('author: omar.owner\n', ''),
      'the front matter lacks `author`',
    ],
    [
      'a member that is a list',
      GOOD.replace('reviewed: 2026', 'reviewed: [a]'),
      'a.md:6: `reviewed` must be a text',
    ],
    [
      'an alias',
      GOOD.replace('title: What', 'title: &a What').replace('2026', '*a'),
      'a.md:1: holds',
    ],
    ['a member given twice', GOOD.replace('reviewed: 2026', 'title: again'), 'a.md:6: '],
    [
      'a bad end date',
      GOOD.replace('reviewed: 2026', 'expires: tomorrow'),
      'a.md:6: `expires` must be a UTC time',
    ],
    [
      'a heading given twice',
      GOOD.replace('## Users', '## Purpose'),
      'a.md:19: the heading `Purpose` stands twice',
    ],
    ['no heading', GOOD.replaceAll('## ', 'x '), 'the paper has no `## Heading`'],
  ])('%s is refused with file and line', (_what, text, message) => {
    expect(() => readPaper('a.md', text)).toThrow(message);
  });
});

test.each([
  ['Intended use'],
  ['Use: "small" loans'],
  ['true'],
  ['12.50'],
  ['# not a comment'],
  ["it's — ünïcode"],
])('a paper that a form wrote under the title `%s` reads back as it was', (title) => {
  const head = { evidence: 'intended-use', scope: 'use', title, author: 'omar.owner' } as const;
  const facts = { reviewed_by: 'no: one', 'risk-class': 'yes' };
  const text = paperText(
    { ...head, facts, expires: '2027-11-22T00:00:00.000Z' },
    '\n## Purpose\n\nLoans.\n',
  );
  const { content, evidence, scope } = readPaper('evidence/intended-use.md', text);
  expect({ evidence, scope, title: content.title, author: content.author }).toEqual(head);
  expect(content.facts).toEqual(facts);
  expect(content.expires).toBe('2027-11-22T00:00:00.000Z');
  expect(content.sections).toEqual([{ heading: 'Purpose', markdown: 'Loans.' }]);
});
