// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { paintFor } from '../output/paint.ts';
import { brokenLinks, formatTrace, type TraceNode } from './trace-tree.ts';

const TREE: TraceNode = {
  title: 'decision 1',
  notes: ['today'],
  children: [
    { title: 'receipt', holds: true, notes: ['in batch 3'] },
    {
      title: 'warrant',
      holds: false,
      notes: ['expired'],
      children: [{ title: 'version', holds: true, notes: ['bytes'] }],
    },
  ],
};

const plain = paintFor({
  out: () => undefined,
  err: () => undefined,
  isTerminal: false,
  env: {},
  now: () => new Date(0),
});

test('a chain is drawn as a tree, notes below their link', () => {
  expect(formatTrace(TREE, plain)).toEqual([
    'decision 1',
    '│   today',
    '├─ ✓ receipt',
    '│      in batch 3',
    '└─ ✗ warrant',
    '   │   expired',
    '   └─ ✓ version',
    '          bytes',
  ]);
});

test('broken links are found at any depth', () => {
  expect(brokenLinks(TREE)).toEqual(['warrant']);
});
