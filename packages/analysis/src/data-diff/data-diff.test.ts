// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTables } from '@countersign/pipeline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DataDiffOptions, dataDiff } from './data-diff.ts';
import type { DataDiff } from './diff-report.ts';
import { chiSquaredTest, kolmogorovTail } from './distribution-tests.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'data-diff-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function diff(first: string, second: string, options?: DataDiffOptions): Promise<DataDiff> {
  await writeFile(join(root, 'a.csv'), first);
  await writeFile(join(root, 'b.csv'), second);
  const files = ['a.csv', 'b.csv'].map((name) => ({ path: join(root, name), name }));
  const opened = await openTables(files, join(root, 'work'));
  try {
    return await dataDiff(opened, options);
  } finally {
    opened.database.close();
  }
}

const csv = (header: string, rows: readonly (readonly unknown[])[]) =>
  `${header}\n${rows.map((row) => row.join(',')).join('\n')}\n`;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('distributions', () => {
  // The same data in Python with SciPy 1.14.1 and NumPy 2:
  //   a = [(i * 7919) % 1009 / 7 for i in range(1009)]
  //   b = [(i * 7919) % 1009 / 7 * 1.1 + (3 if i % 5 == 0 else 0) for i in range(0, 1009, 2)]
  //   stats.ks_2samp(a, b).statistic; stats.kstwobign.sf(sqrt(n m / (n + m)) * statistic)
  //   stats.chi2_contingency(table, correction=False); stats.contingency.association(table, method='cramer')
  //   PSI with numpy.histogram at nearest-rank deciles of a, 0.5 added to every count
  const first = range(1009).map((i) => [((i * 7919) % 1009) / 7, 'abc'[i % 3], i % 10 ? 'x' : '']);
  const second = range(505).map((half) => {
    const i = half * 2;
    const value = (((i * 7919) % 1009) / 7) * 1.1 + (i % 5 === 0 ? 3 : 0);
    return [value, 'abcd'[half % 4], ''];
  });

  test('agree with SciPy and NumPy', async () => {
    const { columns, rows } = await diff(csv('n,c,m', first), csv('n,c,m', second));
    const by = new Map(columns.map((one) => [one.column, one]));
    const number = by.get('n');
    expect(Number(number?.test?.statistic)).toBeCloseTo(0.09504361734488609, 11);
    expect(Number(number?.test?.pValue)).toBeCloseTo(0.004574495614312031, 11);
    expect(Number(number?.psi?.value)).toBeCloseTo(0.05559114374998242, 11);
    expect(number?.psi?.bins).toBe(10);
    expect(number?.total).toEqual({ first: '72648', second: '40067.2142857' });
    const category = by.get('c');
    expect(category?.test).toMatchObject({ name: 'chi-squared', degrees: 3 });
    expect(Number(category?.test?.statistic)).toBeCloseTo(274.6052596420231, 9);
    expect(Number(category?.test?.effect)).toBeCloseTo(0.4258841604538852, 11);
    expect(category?.newCategories).toEqual({ count: 1, shown: [{ value: 'd', rows: 126 }] });
    expect(category?.lostCategories.count).toBe(0);
    expect(by.get('m')).toMatchObject({ missing: { first: '0.100099108028', second: '1' } });
    expect([rows.first, rows.second, rows.by]).toEqual([1009, 505, 'rows']);
  });

  test('most changed first, and nothing between a file and itself', async () => {
    const { columns } = await diff(csv('n,c,m', first), csv('n,c,m', second));
    expect(columns.map(({ column }) => column)).toEqual(['m', 'c', 'n']);
    const same = await diff(csv('n,c,m', first), csv('n,c,m', first));
    expect(same.rows).toMatchObject({ added: 0, removed: 0, equal: 1009 });
    for (const { psi, test: found } of same.columns) {
      expect(Number(psi?.value)).toBe(0);
      // One category in all is nothing to test.
      expect([found?.statistic ?? '0', found?.pValue ?? '1']).toEqual(['0', '1']);
    }
  });

  test('tails at points of the published table', () => {
    // stats.kstwobign.sf([0.3, 0.5, 1, 2])
    const tail = (lambda: number) => kolmogorovTail(lambda / Math.sqrt(50), 100, 100);
    expect(tail(0.3)).toBeCloseTo(0.999990694, 8);
    expect(tail(0.5)).toBeCloseTo(0.963945244, 8);
    expect(tail(1)).toBeCloseTo(0.269999672, 8);
    expect(tail(2)).toBeCloseTo(6.70925256e-4, 11);
    expect([tail(0), tail(0.1)]).toEqual([1, 1]);
    expect(chiSquaredTest([{ first: 3, second: 4, categories: 1 }])).toBeUndefined();
  });
});

describe('rows', () => {
  const FIRST = 'id,a,b\n1,x,1\n2,y,2\n3,z,3\n4,w,4\n';
  const SECOND = 'id,a,b\n2,y,2\n3,Z,30\n4,w,5\n9,n,9\n8,n,8\n';

  test('are told apart by a key: added, removed, changed, and which columns changed', async () => {
    const { rows, columns } = await diff(FIRST, SECOND, { key: 'id' });
    expect(rows).toMatchObject({ by: 'key', added: 2, removed: 1, changed: 2, equal: 1 });
    expect(columns.map(({ column, changedRows }) => [column, changedRows]).sort()).toEqual([
      ['a', 1],
      ['b', 2],
      ['id', null],
    ]);
  });

  test('without a key are counted as often as they occur', async () => {
    const { rows } = await diff('a,b\n1,x\n1,x\n1,x\n2,y\n', 'b,a\nx,1\ny,2\ny,2\nz,3\n');
    expect(rows).toMatchObject({ by: 'rows', added: 2, removed: 2, equal: 2, changed: null });
  });

  test('of a key with several rows are whole rows, and the keys are counted beside them', async () => {
    const { rows } = await diff('p,v\n1,1\n1,2\n2,1\n3,1\n', 'p,v\n1,1\n1,3\n2,1\n4,1\n5,1\n', {
      key: 'p',
    });
    expect(rows).toMatchObject({ by: 'rows', key: 'p', added: 3, removed: 2, equal: 2 });
    expect(rows.keys).toEqual({ added: 2, removed: 1 });
  });

  test('a key that is no column of both is refused', async () => {
    await expect(diff(FIRST, SECOND, { key: 'nr' })).rejects.toMatchObject({
      code: 'column_missing',
    });
  });
});

test('schemas are compared by name, type and roles', async () => {
  const { schema, columns } = await diff(
    'id,old,n,day\n1,x,1,2026-01-01\n2,y,2,2026-01-02\n',
    'id,n,new,day\n1,one,5,2026-02-01\n2,2,6,2026-02-02\n',
    {
      roles: [new Map([['n', 'feature']]), new Map([['n', 'feature protected']])],
    },
  );
  expect(schema).toEqual({
    added: [{ column: 'new', type: 'integer' }],
    removed: [{ column: 'old', type: 'text' }],
    changed: [
      { column: 'n', what: 'type', first: 'integer', second: 'text' },
      { column: 'n', what: 'roles', first: 'feature', second: 'feature protected' },
    ],
  });
  expect(columns.find(({ column }) => column === 'n')?.kind).toBe('category');
  expect(columns.find(({ column }) => column === 'day')).toMatchObject({
    kind: 'number',
    test: { statistic: '1' },
    total: null,
  });
});
