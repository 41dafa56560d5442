// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PipelineError } from '../errors.ts';
import { lineOfCsvRow } from './line-of-csv-row.ts';
import { parseCsvRows } from './parse-csv-rows.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'csv-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('rows of a CSV text', () => {
  test('begin on the lines that an editor shows', () => {
    const text = 'a,b\r\n"1\r\n1",2\r\n\r\n3,"4\n\n"\n5\n';
    expect(parseCsvRows(text)).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1\r\n1', '2'] },
      { line: 5, cells: ['3', '4\n\n'] },
      { line: 8, cells: ['5'] },
    ]);
  });

  test.each([
    ['a,b\n1,"2\n\n\n', 2, 'never closed'],
    ['a,b\n"1\n1","2"x\n', 3, 'follows a closing quote'],
    ['a,b\n"1\r\n1",2\r\n1,2"3\n', 4, 'a quote stands inside'],
    ['a,b\n"\r",2\n1,2\r3\n', 3, 'carriage return'],
  ])('%j is refused at line %i: %s', (text, line, reason) => {
    const refusal = () => parseCsvRows(text);
    expect(refusal).toThrow(PipelineError);
    expect(refusal).toThrow(reason);
    expect(refusal).toThrow(`line ${line}: `);
    expect(refusal).toThrow(
      expect.objectContaining({
        code: 'csv_bad_row',
        details: expect.objectContaining({ line }),
      }),
    );
  });

  test('the header is read from a text that is cut off, and is absent when line 1 is empty', () => {
    expect(parseCsvRows('a;"b;c"\n1;"2', { delimiter: ';', headerOnly: true })).toEqual([
      { line: 1, cells: ['a', 'b;c'] },
    ]);
    expect(parseCsvRows('\na,b\n', { headerOnly: true })).toEqual([]);
    expect(parseCsvRows('', { headerOnly: true })).toEqual([]);
  });
});

describe('the line of a row', () => {
  async function lineIn(text: string, row: number, columns = 2): Promise<number> {
    const path = join(root, 'rows.csv');
    await writeFile(path, text);
    return lineOfCsvRow({ path, columns }, row);
  }

  test('counts quoted line ends, and empty lines only where they are no rows', async () => {
    expect(await lineIn('a,b\n"1\r\n1",2\n\n3,4\n', 2)).toBe(5);
    expect(await lineIn('a\n1\n\n3\n', 2, 1)).toBe(3);
    expect(await lineIn('a\n1\n\n3\n', 3, 1)).toBe(4);
  });

  test('is not led astray by a quote inside a plain cell', async () => {
    expect(await lineIn('a,b\n1,5"\n2,3\n4,6"\n7,8\n', 4)).toBe(5);
  });

  test('is the one that the parser gives the same row', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', '\n', '\r', ',', 'é'), maxLength: 5 });
    const rows = fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 });
    const end = fc.constantFrom('\n', '\r\n');
    await fc.assert(
      fc.asyncProperty(rows, end, async (table, newline) => {
        const written = [['a', 'b'], ...table].map((cells) =>
          cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(','),
        );
        const text = written.join(newline);
        const parsed = parseCsvRows(text);
        expect(parsed.slice(1).map(({ cells }) => cells)).toEqual(table);
        const line = `${written.slice(0, -1).join(newline)}\n`.split('\n').length;
        expect(parsed.at(-1)?.line).toBe(line);
        expect(await lineIn(text, table.length)).toBe(line);
      }),
      { numRuns: 60 },
    );
  });
});
