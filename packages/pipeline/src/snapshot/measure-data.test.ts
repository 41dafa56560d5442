// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFileBlobStore } from '../blobs/blob-store.ts';
import { dataset as datasetSchema } from '../file/data-section.ts';
import { profileTable } from './column-profile.ts';
import type { DataMeasures } from './data-measures.ts';
import type { DatasetSnapshot } from './dataset-snapshot.ts';
import { type DatabaseOptions, openDatabase } from './open-database.ts';
import { takeSnapshot } from './take-snapshot.ts';

let root: string;
let taken = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'measures-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function snapshot(text: string, section: object = {}): Promise<DatasetSnapshot> {
  taken += 1;
  const path = join(root, `${taken}.csv`);
  await writeFile(path, text);
  return takeSnapshot({
    name: 'loans',
    dataset: datasetSchema.parse({ from: { path: 'loans.csv' }, ...section }),
    origin: { path: 'loans.csv' },
    place: { path, name: 'loans.csv', locate: () => 'countersign.yaml:1' },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, `work-${taken}`),
  });
}

async function measures(text: string, section: object = {}): Promise<DataMeasures> {
  const { measures: found } = await snapshot(text, section);
  if (found === undefined) throw new Error('a snapshot carries its measures');
  return found;
}

const csv = (header: string, rows: readonly (readonly unknown[])[]) =>
  `${header}\n${rows.map((row) => row.join(',')).join('\n')}\n`;
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('splits', () => {
  const SPLITS = {
    roles: { label: 'bad', id: 'id', unit: 'person', time: 'day' },
    splits: {
      development: { where: "day < DATE '2026-02-01' OR id = 9" },
      test: { where: 'id <= 6' },
      holdout: { fraction: 1, sealed: true },
    },
  };
  const ROWS = csv('id,person,day,age,bad', [
    [1, 'p1', '2026-01-01', 30, 0],
    [2, 'p2', '2026-01-02', 31, 1],
    [3, 'p3', '2026-01-03', 32, 0],
    [4, 'p1', '2026-02-10', 30, 1], // person and age of row 1
    [5, 'p5', '2026-02-11', 40, 0],
    [6, 'p6', '2026-02-12', 32, 0], // age of row 3
    [7, 'p7', '2026-03-01', 41, 0],
    [8, 'p5', '2026-03-02', 42, 1], // person of row 5
    [9, 'p9', '2026-03-03', 43, 0], // in development, later than all
  ]);

  test('share equal features, units and time, counted pair by pair', async () => {
    const { splitPairs, readable, readableRows } = await measures(ROWS, SPLITS);
    expect([readable, readableRows]).toEqual([['development', 'test'], 7]);
    expect(splitPairs).toMatchObject([
      {
        first: 'development',
        second: 'test',
        equalFeatures: { shared: 2, firstRows: 2, secondRows: 2, share: '0.666666666667' },
        unit: { column: 'person', shared: 1, firstRows: 1, secondRows: 1 },
        time: { column: 'day', laterRows: 1, share: '0.25' },
        warnings: [
          '2 rows of test equal a row of development in every feature',
          '1 values of person have rows in development and in test',
          '1 rows of development are later than the first of test, by day',
        ],
      },
      {
        first: 'development',
        second: 'holdout',
        equalFeatures: { shared: 0, share: '0' },
        unit: { shared: 0 },
        time: { laterRows: 1 },
      },
      {
        first: 'test',
        second: 'holdout',
        equalFeatures: { shared: 0 },
        unit: { shared: 1, firstRows: 1, secondRows: 1 },
        time: { laterRows: 0, share: '0' },
      },
    ]);
  });

  test('that steps may read are profiled together, and no figure of a sealed row is in it', async () => {
    const { profile } = await measures(ROWS, SPLITS);
    const age = profile?.find(({ name }) => name === 'age');
    expect(age).toMatchObject({ count: 7, distinct: 5 }); // 30, 31, 32, 40, 43: not 41 and 42
    const alone = await measures(ROWS);
    expect([alone.profile, alone.splitPairs]).toEqual([null, []]);
  });
});

describe('columns that nearly determine the label', () => {
  const rows = range(2000).map((i) => {
    const bad = (i * 7919) % 1000 < 300 ? 1 : 0;
    const noise = (i * 104_729) % 997;
    return [
      bad,
      noise,
      bad * 500 + ((i * 31) % 400), // a number that separates the classes
      bad === 1 ? (i % 2 === 0 ? 'charged' : 'lost') : 'paid', // levels that do
      bad === 1 ? '' : noise, // present for the good alone
      `k${i}`, // different in every row
      ['a', 'b', 'c'][i % 3],
    ];
  });
  const HEADER = 'bad,noise,after,status,followup,key,branch';

  test('are told, by their values and by their being missing; the rest is not', async () => {
    const { label } = await measures(csv(HEADER, rows), { roles: { label: 'bad', positive: 1 } });
    expect(label).toMatchObject({ label: 'bad', rows: 2000, classes: 2 });
    const figures = (column: string, signal = 'value') =>
      label?.columns.find((one) => one.column === column && one.signal === signal);
    expect(figures('after')).toMatchObject({ theilsU: '1', lambda: '1', auc: '1', warned: true });
    expect(figures('status')).toMatchObject({ theilsU: '1', auc: null, levels: 3, warned: true });
    expect(figures('followup', 'missing')).toMatchObject({ theilsU: '1', auc: '1', warned: true });
    // All its levels are rare, so they are one level that tells nothing.
    expect(figures('key')).toMatchObject({ theilsU: '0', levels: 1, warned: false });
    expect(Number(figures('noise')?.theilsU)).toBeLessThan(0.2);
    expect(Number(figures('noise')?.auc)).toBeLessThan(0.6);
    expect(Number(figures('branch')?.theilsU)).toBeLessThan(0.01);
    expect(label?.columns.filter(({ warned }) => warned).map(({ column }) => column)).toEqual([
      'after',
      'followup',
      'status',
    ]);
  });

  test('are looked for against a label of many values too, cut at its quantiles', async () => {
    const numbers = range(3000).map((i) => [(i * 7919) % 3000, ((i * 7919) % 3000) * 2, i % 7]);
    const { label } = await measures(csv('loss,twice,day', numbers), { roles: { label: 'loss' } });
    expect(label?.classes).toBe(20);
    expect(label?.columns.map(({ column, warned }) => [column, warned])).toEqual([
      ['twice', true],
      ['day', false],
    ]);
  });

  test('are not judged without a label of two values', async () => {
    const without = await measures(csv(HEADER, rows));
    const one = await measures('bad,a\n1,2\n1,3\n', { roles: { label: 'bad' } });
    expect([without.label, one.label]).toEqual([null, null]);
  });
});

describe('columns that should not be features as they are', () => {
  test('are constant, empty, copies, identifiers or mixed, each with its figure', async () => {
    const rows = range(120).map((i) => [i % 9, 'x', '', i % 9, `c${i}`, i === 40 ? 'n/a' : i % 5]);
    const { columns } = await measures(csv('a,one,none,twin,customer,income', rows), {
      roles: { label: 'a' },
    });
    expect(columns.map(({ finding, column, other }) => [finding, column, other])).toEqual([
      ['constant', 'one', null],
      ['empty', 'none', null],
      ['identifier', 'customer', null],
      ['copy', 'twin', 'a'],
      ['mixed-type', 'income', null],
    ]);
    expect(columns.at(-1)).toMatchObject({ value: 'n/a', line: 42, row: 41 });
  });

  test('codes with leading zeros are no mixture', async () => {
    const rows = range(50).map((i) => [i % 10 === 0 ? `0106${i % 7}` : 10_115 + i]);
    expect((await measures(csv('postcode', rows))).columns).toEqual([]);
  });
});

describe('profiles', () => {
  test('agree with exact rational arithmetic, weighted mean included', async () => {
    const rows = range(999).map((i) => [((i * 7919) % 999) / 8 - 20, (i % 4) + 1]);
    const { splits } = await snapshot(csv('x,w', rows), { roles: { weight: 'w' } });
    // Python: s = [Fraction((i * 7919) % 999, 8) - 20 for i in range(999)], w = [i % 4 + 1 for i in range(999)]; the mean,
    // the root of sum((x - mean)**2) / 998 in 30 digits, and sum(w x) / sum(w).
    expect(splits[0]?.profile?.[0]).toMatchObject({
      count: 999,
      distinct: 999,
      mean: '42.375',
      standardDeviation: '36.0663451156',
      weightedMean: '42.6205428686',
    });
  });

  test('are the same in any order of rows, in memory or on disk with little memory', async () => {
    const column = { name: 'x', type: 'number', roles: [], withheld: null } as const;
    const profileOf = async (order: string, options: DatabaseOptions, sorted: object = {}) => {
      const database = await openDatabase([root], options);
      await database.run(
        `CREATE TABLE t AS SELECT sin(i) * 10 ** (i % 13) AS x FROM range(30011) r(i) ORDER BY ${order}`,
      );
      const profile = await profileTable(database, 't', [column], sorted);
      database.close();
      return profile;
    };
    const up = await profileOf('x', {});
    const little = { onDisk: true, memoryBytes: 64 * 1024 ** 2, spillTo: join(root, 'spill') };
    // The other run reads quantiles off a sort, as of more rows than are held at once.
    expect(await profileOf('abs(x) DESC, x', little, { quantileRowsMax: 10 })).toEqual(up);
  });
});

test('the waterfall tells what each rule takes from the sums that the source declared', async () => {
  const { exclusions } = await snapshot('amount,kind\n10.5,a\n20,b\n30,b\n', {
    source: {
      system: 's',
      owner: 'o',
      as_of: '2026-01-31',
      control_totals: { sums: { amount: 60.5 } },
    },
    exclusions: [
      { where: 'amount > 25', reason: 'large' },
      { where: "kind = 'a'", reason: 'kind' },
    ],
  });
  expect(exclusions.map(({ totals }) => totals)).toEqual([
    [{ what: 'sum of amount', before: '60.500000', after: '30.500000' }],
    [{ what: 'sum of amount', before: '30.500000', after: '20.000000' }],
  ]);
});
