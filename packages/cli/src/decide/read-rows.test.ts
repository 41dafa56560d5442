// SPDX-License-Identifier: Apache-2.0
import type { ModelInput } from '@countersign/kernel';
import { describe, expect, test } from 'vitest';
import { readDecideRows } from './read-rows.ts';

const INPUTS: readonly ModelInput[] = [
  { name: 'amount', type: 'f32' },
  { name: 'purpose', type: 'string' },
];
const COLUMNS = { inputs: INPUTS, protected: ['age'], key: 'row' };

describe('readDecideRows', () => {
  test('flat CSV rows become requests: inputs by the model, the rest as named', () => {
    const csv = 'row,amount,purpose,age,ignored\n7,1500.5,"car, used",41,x\n8,,12,,y\n';
    expect(readDecideRows('a.csv', csv, COLUMNS)).toEqual([
      {
        line: 2,
        body: {
          key: '7',
          inputs: { amount: 1500.5, purpose: 'car, used' },
          protected: { age: '41' },
        },
      },
      {
        line: 3,
        body: { key: '8', inputs: { amount: null, purpose: '12' }, protected: { age: null } },
      },
    ]);
  });

  test('a number that is none stays text, for the gateway to refuse on record', () => {
    const [row] = readDecideRows('a.csv', 'amount,purpose\n1e,car\n', {
      inputs: INPUTS,
      protected: [],
    });
    expect(row?.body).toEqual({ inputs: { amount: '1e', purpose: 'car' } });
  });

  test('a row that is a whole request is passed on as it is', () => {
    const body = { inputs: { amount: 1 }, key: 'k', subject: 's' };
    expect(readDecideRows('a.ndjson', `${JSON.stringify(body)}\n\n`, COLUMNS)).toEqual([
      { line: 1, body },
    ]);
    expect(readDecideRows('a.json', JSON.stringify([body, body]), COLUMNS)).toHaveLength(2);
  });

  test.each([
    ['a.csv', 'amount\n1\n', 'a.csv:1: column `purpose`, which the model asks for, is missing'],
    ['a.csv', 'amount,purpose,amount\n', 'a.csv:1: column `amount` is named twice'],
    ['a.csv', 'amount,purpose\n1,a\n1\n', 'a.csv:3: the row has 1 cells, the header 2'],
    ['a.csv', 'amount,purpose\n1,"a\n', 'a.csv:2: a quote is opened and never closed'],
    [
      'a.csv',
      'amount,purpose\n1,a"b\n',
      'a.csv:2: a quote stands inside a cell that is not quoted',
    ],
    ['a.csv', 'amount,purpose\n', 'a.csv:1: it holds no row'],
    ['a.ndjson', '{}\n{"a":1,"a":2}\n', 'a.ndjson:2: '],
    ['a.ndjson', '{}\n[]\n', 'a.ndjson:2: a row must be an object'],
    ['a.json', '{\n"a": }', 'a.json:2: '],
  ])('%s with %j is refused at its place', (file, text, message) => {
    expect(() => readDecideRows(file, text, COLUMNS)).toThrow(message);
  });

  test('a quoted line break belongs to the cell, and later rows keep their line numbers', () => {
    const rows = readDecideRows('a.csv', 'amount,purpose\r\n1,"a\nb ""c"""\r\n2,d\r\n', {
      inputs: INPUTS,
      protected: [],
    });
    expect(rows.map(({ line }) => line)).toEqual([2, 4]);
    expect(rows[0]?.body).toEqual({ inputs: { amount: 1, purpose: 'a\nb "c"' } });
  });
});
