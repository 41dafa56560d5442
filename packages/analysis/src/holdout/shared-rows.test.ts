// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { ColumnTypes } from '../table/column-type.ts';
import { loadTable } from '../table/load-table.ts';
import { type KnownRows, sharedRows } from './shared-rows.ts';

const COLUMNS: ColumnTypes = { id: 'text', borrower: 'text', amount: 'number', purpose: 'text' };
const csv = (...rows: readonly string[]) => ({
  format: 'csv' as const,
  bytes: Buffer.from(`id,borrower,amount,purpose\n${rows.join('\n')}\n`),
});

async function shared(rows: readonly string[], known: Omit<KnownRows, 'columns'>) {
  const table = await loadTable(csv(...rows), COLUMNS);
  try {
    return await sharedRows(table, { ...known, columns: ['amount', 'purpose'] });
  } finally {
    table.close();
  }
}

const KNOWN = [csv('a,p,1.5,car', 'b,q,2,'), csv('c,p,3,boat')];

test('rows are counted by id, by unit and by equality, each once, with the first of them', async () => {
  const rows = ['x,p,9,car', 'b,z,7,car', 'y,w,1.5,car', 'z,w,2,', 'z2,p,2,car'];
  expect(await shared(rows, { sources: KNOWN, id: 'id', unit: 'borrower' })).toEqual({
    rows: 5,
    known: 3,
    id: { rows: 1, first: 2 },
    unit: { rows: 2, first: 1 },
    row: { rows: 2, first: 3 },
  });
});

test('a missing id is nobody’s, and a missing cell equals a missing cell', async () => {
  const found = await shared([',w,2,'], { sources: [csv(',q,2,')], id: 'id' });
  expect(found).toMatchObject({ id: { rows: 0, first: null }, row: { rows: 1, first: 1 } });
});

test('a known file without a compared column is named, not passed over', async () => {
  const sources = [{ format: 'csv' as const, bytes: Buffer.from('id,amount\na,1\n') }];
  await expect(shared(['a,p,1,car'], { sources, id: 'id' })).rejects.toMatchObject({
    code: 'column_missing',
    details: { column: 'purpose' },
  });
});
