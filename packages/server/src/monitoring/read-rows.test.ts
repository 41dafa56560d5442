// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RowShape, readRows } from './read-rows.ts';

const SHAPE: RowShape = { required: ['decision', 'value'], optional: ['note'] };
const bytes = (text: string) => new TextEncoder().encode(text);
const csv = (text: string) => readRows(bytes(text), 'csv', SHAPE);
const ndjson = (text: string) => readRows(bytes(text), 'ndjson', SHAPE);
const cells = (read: ReturnType<typeof csv>) =>
  read.ok
    ? read.rows.map(({ line, cells: row }) => [line, Object.fromEntries(row)])
    : read.problems;

describe('CSV rows', () => {
  test('are read with their lines, columns in any order', () => {
    expect(cells(csv('value,decision\r\ngood,a\r\n\r\nbad,b'))).toEqual([
      [2, { decision: 'a', value: 'good' }],
      [4, { decision: 'b', value: 'bad' }],
    ]);
  });

  test('may hold commas, quotes and line ends within quotes, and lines are counted through them', () => {
    expect(cells(csv('decision,value,note\na,"x,""y""","one\ntwo"\nb,z,\n'))).toEqual([
      [2, { decision: 'a', value: 'x,"y"', note: 'one\ntwo' }],
      [4, { decision: 'b', value: 'z', note: '' }],
    ]);
  });

  test.each([
    ['an empty file', '', 'line 1'],
    ['an unknown column', 'decision,value,colour\n', 'line 1'],
    ['a missing column', 'decision\na\n', 'line 1'],
    ['a column named twice', 'decision,value,value\n', 'line 1'],
    ['a row of another width', 'decision,value\na,b\nc\n', 'line 3'],
    ['a quote that is never closed', 'decision,value\na,"b\n', 'line 2'],
    ['text after a closing quote', 'decision,value\na,"b"c\n', 'line 2'],
    ['a quote inside a plain cell', 'decision,value\na,b"c\n', 'line 2'],
    [
      'a carriage return inside a plain cell',
      'decision,value\r\na,"b\r\nc"\r\na,b\rc\r\n',
      'line 4',
    ],
  ])('are refused for %s, naming the line', (_, text, place) => {
    expect(cells(csv(text))).toMatchObject([{ place }]);
  });

  test('that hold U+0000, which PostgreSQL stores in no text, are refused with the line', () => {
    expect(cells(csv('decision,value\na,"b\nc\0"\n'))).toMatchObject([{ place: 'line 3' }]);
  });

  test('that are not UTF-8 are refused', () => {
    expect(readRows(Uint8Array.of(0xff, 0xfe), 'csv', SHAPE)).toMatchObject({ ok: false });
  });

  test('survive being written by RFC 4180 and read again', () => {
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
    // A carriage return is text like any other once it is quoted.
    const cell = fc
      .string({ unit: 'binary', maxLength: 12 })
      .filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
        const text = ['decision,value', ...rows.map((row) => row.map(quote).join(','))].join(
          '\r\n',
        );
        const read = csv(text);
        expect(read.ok && read.rows.map(({ cells: row }) => [...row.values()])).toEqual(rows);
      }),
    );
  });
});

describe('NDJSON rows', () => {
  test('take texts, numbers and booleans', () => {
    expect(
      cells(ndjson('{"decision":"a","value":1.5}\n\n{"decision":"b","value":true}\n')),
    ).toEqual([
      [1, { decision: 'a', value: '1.5' }],
      [3, { decision: 'b', value: 'true' }],
    ]);
  });

  test('list every bad line', () => {
    const text =
      '{"decision":"a"\n[]\n{"decision":"a","colour":1}\n{"decision":{"a":1}}\n{"decision":"a"}';
    expect(cells(ndjson(text))).toMatchObject([
      { place: 'line 1' },
      { place: 'line 2', message: 'is not a JSON object' },
      { place: 'line 3', message: 'member `colour` is not known' },
      { place: 'line 4' },
    ]);
  });
});
