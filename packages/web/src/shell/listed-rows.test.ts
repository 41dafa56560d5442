// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { searchTexts, sorted, sortOf, withWords } from './listed-rows.ts';

const rows = [
  { id: 'O-2', model: 'Credit', left: 3 },
  { id: 'O-10', model: 'Market risk', left: 10 },
  { id: 'O-1', model: 'Fraud', left: -2 },
];
const columns = [
  { id: 'id', value: (row: (typeof rows)[number]) => row.id },
  { id: 'model', value: (row: (typeof rows)[number]) => row.model },
  { id: 'left', value: (row: (typeof rows)[number]) => row.left },
];
const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);

test('numbers in text sort as numbers, and a minus turns the order round', () => {
  expect(ids(sorted(rows, columns, sortOf(undefined, 'id')))).toEqual(['O-1', 'O-2', 'O-10']);
  expect(ids(sorted(rows, columns, sortOf('-left', 'id')))).toEqual(['O-10', 'O-2', 'O-1']);
});

test('a column that is not there leaves the order as it came', () => {
  expect(sorted(rows, columns, sortOf('nothing', 'id'))).toBe(rows);
});

test('every word is looked for in every column, whatever its case', () => {
  const texts = searchTexts(rows, columns);
  expect(ids(withWords(rows, texts, 'RISK o-1'))).toEqual(['O-10']);
  expect(withWords(rows, texts, '  ')).toBe(rows);
});
