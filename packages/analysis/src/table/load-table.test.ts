// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AnalysisError } from '../errors.ts';
import type { ColumnTypes } from './column-type.ts';
import { joinTable } from './join-table.ts';
import { loadTable } from './load-table.ts';
import { Table } from './table.ts';

const COLUMNS: ColumnTypes = { id: 'integer', amount: 'number', purpose: 'text' };
const csv = (text: string) => ({ format: 'csv' as const, bytes: Buffer.from(text, 'latin1') });

async function rowsOf(text: string, columns = COLUMNS): Promise<unknown> {
  const table = await loadTable(csv(text), columns);
  try {
    return await table.select(`SELECT * FROM ${table.relation} ORDER BY rowid`);
  } finally {
    table.close();
  }
}

async function refusal(action: () => Promise<unknown>): Promise<AnalysisError> {
  const error = await action().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AnalysisError) return error;
  throw new Error(`expected an AnalysisError, got ${String(error)}`);
}

describe('reading CSV', () => {
  test('keeps file order, exact numbers, empty as missing and quoted empty as text', async () => {
    const text = 'id,amount,purpose\r\n2,0.1,"a ""b"", c"\r\n1,,""\r\n3,1e-3,\r\n';
    expect(await rowsOf(text)).toEqual([
      [2n, 1n, 3n],
      [0.1, null, 0.001],
      ['a "b", c', '', null],
    ]);
  });

  test('reads a column of any name', async () => {
    const name = `x"'; DROP TABLE rows; --`;
    expect(await rowsOf(`"x""'; DROP TABLE rows; --"\n7\n`, { [name]: 'integer' })).toEqual([[7n]]);
  });

  test.each([
    ['a field too few', '1,2,a\n1,2\n', 'row_malformed', 3],
    ['a field too many', '1,2,a\n1,2,b,c\n', 'row_malformed', 3],
    ['an open quote', '1,2,a\n1,2,"b\n', 'row_malformed', 3],
    ['bytes that are not UTF-8', '1,2,a\n1,2,\xff\n', 'row_malformed', 3],
    ['a fraction for a whole number', '1,2,a\n1.5,2,b\n', 'value_invalid', 3],
    ['a number too large for 64 bits', '99999999999999999999,2,a\n', 'value_invalid', 2],
    ['nan', '1,2,a\n2,nan,b\n', 'value_invalid', 3],
    ['an overflowing number', '1,1e999,a\n', 'value_invalid', 2],
    ['a bad value after an empty line', '1,2,a\n\nx,2,b\n', 'value_invalid', 4],
    ['a bad value after a quote inside a field', '1,2,a"b\nx,2,b\n', 'value_invalid', 3],
    ['a bad value after a field that spans lines', '1,2,"a\nb\nc"\nx,2,b\n', 'value_invalid', 5],
  ])('refuses %s and names the line', async (_, body, code, line) => {
    const error = await refusal(() => loadTable(csv(`id,amount,purpose\n${body}`), COLUMNS));
    expect([error.code, error.details.line]).toEqual([code, line]);
  });

  test.each([
    ['a missing column', 'id,amount\n1,2\n', 'column_missing', 'purpose'],
    ['an undeclared column', 'id,amount,purpose,sex\n1,2,a,f\n', 'column_unknown', 'sex'],
    ['a column named twice', 'id,amount,amount\n1,2,3\n', 'row_malformed', 'amount'],
  ])('refuses %s and names it', async (_, text, code, column) => {
    const error = await refusal(() => loadTable(csv(text), COLUMNS));
    expect([error.code, error.details.column]).toEqual([code, column]);
  });

  test('refuses an empty file and a missing one', async () => {
    expect((await refusal(() => loadTable(csv(''), COLUMNS))).code).toBe('table_empty');
    const missing = { format: 'csv', path: '/nowhere/rows.csv' } as const;
    expect((await refusal(() => loadTable(missing, COLUMNS))).code).toBe('file_missing');
  });

  test('leaves undeclared columns out when told to', async () => {
    const table = await loadTable(csv('id,amount,purpose,sex\n1,2,a,f\n'), COLUMNS, {
      otherColumns: 'ignore',
    });
    expect([...table.columns.keys()]).toEqual(['id', 'amount', 'purpose']);
    table.close();
  });
});

describe('reading Parquet', () => {
  async function parquet(select: string): Promise<{ format: 'parquet'; path: string }> {
    const path = join(mkdtempSync(join(tmpdir(), 'countersign-test-')), 'rows.parquet');
    const table = await Table.create();
    await table.run(`COPY (${select}) TO '${path}' (FORMAT parquet)`);
    table.close();
    return { format: 'parquet', path };
  }

  test('reads stored types that convert without loss', async () => {
    const source = await parquet(`SELECT 1::INTEGER AS id, 0.5::FLOAT AS amount, 'a' AS purpose`);
    const table = await loadTable(source, COLUMNS);
    expect(await table.select(`SELECT * FROM ${table.relation}`)).toEqual([[1n], [0.5], ['a']]);
    table.close();
  });

  test('refuses a stored type that would lose something', async () => {
    const source = await parquet(`SELECT 1.5::DOUBLE AS id, 0.5 AS amount, 'a' AS purpose`);
    const error = await refusal(() => loadTable(source, COLUMNS));
    expect([error.code, error.details.column]).toEqual(['column_type', 'id']);
  });

  test('refuses a value that is not finite and names its row', async () => {
    const source = await parquet(
      `SELECT * FROM (VALUES (1::BIGINT, 1::DOUBLE, 'a'), (2, 'nan'::DOUBLE, 'b')) t(id, amount, purpose)`,
    );
    const error = await refusal(() => loadTable(source, COLUMNS));
    expect([error.code, error.details.row]).toEqual(['value_invalid', 2]);
  });

  test('refuses a file that is not Parquet', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'countersign-test-')), 'rows.parquet');
    writeFileSync(path, 'not parquet');
    const error = await refusal(() => loadTable({ format: 'parquet', path }, COLUMNS));
    expect(error.code).toBe('table_unreadable');
  });
});

describe('joining', () => {
  test('matches by id whatever the order of the file', async () => {
    const table = await loadTable(csv('id,amount,purpose\n3,1,a\n1,2,b\n'), COLUMNS);
    await joinTable(
      table,
      csv('id,score\n1,0.25\n3,0.75\n'),
      { id: 'integer', score: 'number' },
      { on: 'id' },
    );
    expect(await table.select(`SELECT id, score FROM ${table.relation} ORDER BY rowid`)).toEqual([
      [3n, 1n],
      [0.75, 0.25],
    ]);
    table.close();
  });

  test.each([
    ['a row without partner', '1,0.25\n4,0.75\n'],
    ['an id twice', '1,0.25\n1,0.75\n'],
    ['a row too few', '1,0.25\n'],
  ])('refuses %s', async (_, body) => {
    const table = await loadTable(csv('id,amount,purpose\n3,1,a\n1,2,b\n'), COLUMNS);
    const error = await refusal(() =>
      joinTable(table, csv(`id,score\n${body}`), { id: 'integer', score: 'number' }, { on: 'id' }),
    );
    expect(error.code).toBe('row_malformed');
    table.close();
  });
});
