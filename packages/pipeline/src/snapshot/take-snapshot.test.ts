// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../blobs/blob-store.ts';
import { dataset as datasetSchema } from '../file/data-section.ts';
import type { DatasetSnapshot } from './dataset-snapshot.ts';
import { openDatabase } from './open-database.ts';
import { snapshotFailure, takeSnapshot } from './take-snapshot.ts';

let root: string;
let blobs: BlobStore;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'snapshot-'));
  blobs = openFileBlobStore(join(root, 'blobs'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function snapshot(
  text: string,
  section: Record<string, unknown> = {},
): Promise<DatasetSnapshot> {
  const path = join(root, 'loans.csv');
  await writeFile(path, text);
  return takeSnapshot({
    name: 'loans',
    dataset: datasetSchema.parse({ from: { path: 'loans.csv' }, ...section }),
    origin: { path: 'loans.csv' },
    place: {
      path,
      name: 'loans.csv',
      locate: (at) => `countersign.yaml: ${at.map(String).join('.')}`,
    },
    blobs,
    workDir: join(root, 'work'),
  });
}

const textOf = async (digest: string) => Buffer.from(await blobs.get(digest)).toString('utf8');

function table(rows: number): string {
  const lines = Array.from(
    { length: rows },
    (_, i) => `r${i},${(i * 7919) % 101},${i % 10 < 3 ? 'bad' : 'good'}`,
  );
  return `id,amount,risk\n${lines.join('\n')}\n`;
}

const SPLITS = {
  roles: { label: 'risk', id: 'id' },
  splits: {
    seed: 7,
    stratify: ['risk'],
    development: { fraction: 0.6 },
    holdout: { fraction: 0.2, sealed: true },
    stream: { fraction: 0.2 },
  },
};

test('splits are disjoint, cover every row, keep the label share and come out the same twice', async () => {
  const first = await snapshot(table(1000).replaceAll(/^(r\d+),\d+/gm, '$1,$1'), SPLITS);
  expect(first.splits.map(({ split, rows, access }) => [split, rows, access])).toEqual([
    ['development', 600, 'steps'],
    ['holdout', 200, 'sealed'],
    ['stream', 200, 'serving'],
  ]);
  expect(first.splits[1]?.labels).toEqual([
    { value: 'bad', count: 60 },
    { value: 'good', count: 140 },
  ]);
  const texts = await Promise.all(first.splits.map(({ content }) => textOf(content.digest)));
  const ids = texts
    .flatMap((text) => text.trim().split('\n').slice(1))
    .map((line) => line.split(',')[0]);
  expect(ids.length).toBe(1000);
  expect(new Set(ids).size).toBe(1000);
  const second = await snapshot(table(1000).replaceAll(/^(r\d+),\d+/gm, '$1,$1'), SPLITS);
  expect(second).toEqual(first);
});

test('rows that are equal in all but the id never fall into two splits', async () => {
  const taken = await snapshot(table(1000), SPLITS);
  const owners = new Map<string, string>();
  for (const { split, content } of taken.splits) {
    for (const line of (await textOf(content.digest)).trim().split('\n').slice(1)) {
      const key = line.slice(line.indexOf(','));
      expect(owners.get(key) ?? split).toBe(split);
      owners.set(key, split);
    }
  }
  expect(taken.duplicates).toBe(1000 - owners.size);
});

test('figures of sealed and served rows are not in the profile', async () => {
  const taken = await snapshot(table(100), SPLITS);
  expect(taken.splits.map(({ profile }) => profile === null)).toEqual([false, true, true]);
  expect(taken.splits.map(({ mounted }) => mounted === null)).toEqual([false, true, true]);
});

test('a row with too many or too few fields is refused with file and line', async () => {
  const bad = { code: 'csv_bad_row', message: expect.stringContaining('loans.csv:3:') };
  await expect(snapshot('a,b\n1,2\n1,2,3\n')).rejects.toMatchObject(bad);
  await expect(snapshot('a,b\n1,2\n1\n')).rejects.toMatchObject(bad);
  await expect(snapshot('a,b\n1,2\n1,"x\n')).rejects.toMatchObject({ code: 'csv_bad_row' });
  await expect(snapshot('a,b\n1,2\n1,\xff\n'.replace('\xff', '\ud800'))).resolves.toBeDefined();
});

test('a header without names or with a repeated name is refused', async () => {
  await expect(snapshot('a,A\n1,2\n')).rejects.toMatchObject({ code: 'csv_bad_row' });
  await expect(snapshot('a,\n1,2\n')).rejects.toMatchObject({ code: 'csv_bad_row' });
});

test('a value that is not of its declared type is refused with its line, also behind quoted line breaks', async () => {
  const text = 'note,age\n"two\nlines",31\nx,4a\n';
  await expect(snapshot(text, { columns: { age: { type: 'integer' } } })).rejects.toMatchObject({
    code: 'csv_bad_row',
    message: expect.stringContaining('loans.csv:4: `4a` in column `age`'),
  });
});

test('types are inferred from all values, and leading zeros stay text', async () => {
  const text = 'i,d,b,day,zip,e\n-1,2.50,true,2026-01-31,01234,\n20,1e3,FALSE,2026-02-01,99999,\n';
  const taken = await snapshot(text);
  expect(taken.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'i integer',
    'd number',
    'b boolean',
    'day date',
    'zip text',
    'e text',
  ]);
  expect(await textOf(taken.splits[0]?.content.digest ?? '')).toBe(text);
});

test('profile figures agree with hand calculation', async () => {
  const taken = await snapshot('x\n1\n2\n3\n4\n""\n');
  expect(taken.splits[0]?.profile?.[0]).toMatchObject({
    count: 5,
    missing: 1,
    distinct: 4,
    mean: '2.5',
    standardDeviation: '1.29099444874',
    top: [
      { value: '1', count: 1 },
      { value: '2', count: 1 },
      { value: '3', count: 1 },
      { value: '4', count: 1 },
    ],
  });
  expect(taken.splits[0]?.profile?.[0]?.quantiles.find(({ p }) => p === '0.5')?.value).toBe('2');
});

test('a failed error check stops the run and names the line; a warning does not', async () => {
  const text = 'age,sex\n30,m\n17,f\n,f\n';
  const error = await snapshot(text, {
    quality: [
      { check: 'range', column: 'age', min: 18 },
      { check: 'values', column: 'sex', allowed: ['m'], severity: 'warning' },
      { check: 'not_missing', column: 'age', max_missing: 0.34 },
      { check: 'holds', name: 'sane', where: 'age < 100 OR age IS NULL' },
      { check: 'unique', columns: ['sex'], severity: 'warning' },
      { check: 'rows', min: 3, max: 3 },
    ],
  });
  expect(
    error.quality.map(({ passed, measured, firstLine }) => [passed, measured, firstLine]),
  ).toEqual([
    [false, '1', 3],
    [false, '2', 3],
    [true, '0.333333333333', 4],
    [true, '0', null],
    [false, '1', 4],
    [true, '3', null],
  ]);
  expect(snapshotFailure(error)).toMatchObject({ code: 'quality_failed' });
  const warning = await snapshot(text, {
    quality: [{ check: 'unique', columns: ['sex'], severity: 'warning' }],
  });
  expect(snapshotFailure(warning)).toBeUndefined();
});

test('exclusions form a waterfall, and a withheld column stays in the snapshot only', async () => {
  const taken = await snapshot('a,secret\n1,x\n2,y\n3,z\n', {
    exclusions: [
      { where: 'a >= 3', reason: 'too new' },
      { where: 'a >= 2', reason: 'test accounts' },
      { column: 'secret', reason: 'prohibited basis', clause: 'reg-b/1002.6b' },
    ],
  });
  expect(taken.exclusions.map(({ before, excluded, after }) => [before, excluded, after])).toEqual([
    [3, 1, 2],
    [2, 1, 1],
  ]);
  expect([taken.rowsRead, taken.rows]).toEqual([3, 1]);
  expect(await textOf(taken.splits[0]?.content.digest ?? '')).toBe('a,secret\n1,x\n');
  expect(await textOf(taken.splits[0]?.mounted?.digest ?? '')).toBe('a\n1\n');
});

test('control totals are compared exactly', async () => {
  const totals = { rows: 2, sums: { amount: 0.3 }, counts: { 'amount > 0.15': 1 } };
  const source = { system: 's', owner: 'o', as_of: '2026-01-31', control_totals: totals };
  const taken = await snapshot('amount\n0.1\n0.2\n', { source });
  expect(taken.controlTotals.map(({ agrees }) => agrees)).toEqual([true, true, true]);
  const other = await snapshot('amount\n0.1\n0.25\n', { source });
  expect(snapshotFailure(other)).toMatchObject({ code: 'control_total_differs' });
});

test('groups are counted and compared with the declared population', async () => {
  const taken = await snapshot('age,code\n20,A91\n30,A92\n62,A92\n,A93\n', {
    roles: {
      protected: [
        { name: 'age_band', column: 'age', bands: [25, 62] },
        {
          name: 'sex',
          column: 'code',
          groups: { male: ['A91', 'A93'], female: ['A92'] },
          warning: 'jumbled',
        },
      ],
    },
    population: { represents: 'all', shares: { sex: { male: 0.4, female: 0.6 } } },
  });
  expect(taken.representativeness[0]?.groups.map(({ group, rows }) => [group, rows])).toEqual([
    ['under 25', 1],
    ['25 to under 62', 1],
    ['62 and over', 1],
    ['not provided', 1],
  ]);
  expect(taken.representativeness[1]).toMatchObject({ distance: '0.1', warning: 'jumbled' });
});

test('a condition that is more than an expression over one row is refused', async () => {
  const refused = [
    '(SELECT count(*) FROM raw) > 0',
    'a = 1) FROM t; DROP TABLE raw; SELECT (1',
    'row_number() OVER () = 1',
    'random() < 0.5',
    'a = 1) FROM t WHERE (1 = 1',
    'a =',
  ];
  for (const where of refused) {
    await expect(
      snapshot('a\n1\n', { exclusions: [{ where, reason: 'r' }] }),
      where,
    ).rejects.toMatchObject({
      code: 'expression_invalid',
      message: expect.stringContaining('countersign.yaml: exclusions.0.where'),
    });
  }
});

test('a role that names no column is refused where it is written', async () => {
  await expect(snapshot('a\n1\n', { roles: { label: 'b' } })).rejects.toMatchObject({
    code: 'column_missing',
    message: expect.stringContaining('roles.label'),
  });
});

test('fractions that do not add up to one are refused', async () => {
  const splits = { development: { fraction: 0.6 }, holdout: { fraction: 0.3, sealed: true } };
  await expect(snapshot('a\n1\n', { splits })).rejects.toMatchObject({ code: 'split_invalid' });
});

test('rows of one unit fall into one split, and a rule that parts equal rows is told on', async () => {
  const drawn = await snapshot(table(300), {
    roles: { unit: 'amount', id: 'id' },
    splits: { development: { fraction: 0.5 }, holdout: { fraction: 0.5, sealed: true } },
  });
  expect(drawn.quality).toMatchObject([
    { check: 'split-independence', passed: true, measured: '0' },
  ]);
  const ruled = await snapshot('id,a,day\n1,x,2026-01-01\n2,x,2026-01-01\n3,y,2026-03-01\n', {
    roles: { id: 'id', time: 'day' },
    splits: { old: { where: 'id = 1' }, rest: { fraction: 1 } },
  });
  expect(ruled.period).toEqual({ from: '2026-01-01', to: '2026-03-01' });
  expect(ruled.splits.map(({ rows }) => rows)).toEqual([1, 2]);
  expect(ruled.quality).toMatchObject([
    { check: 'split-independence', passed: false, measured: '1' },
  ]);
});

test('a Parquet file keeps its types and is split like the CSV of the same rows', async () => {
  const csv = await snapshot(table(200), SPLITS);
  const path = join(root, 'loans.parquet');
  const database = await openDatabase([root]);
  await database.run(
    `COPY (SELECT * FROM read_csv('${join(root, 'loans.csv')}')) TO '${path}' (FORMAT parquet)`,
  );
  database.close();
  const parquet = await takeSnapshot({
    name: 'loans',
    dataset: datasetSchema.parse({ from: { path: 'loans.parquet' }, ...SPLITS }),
    origin: { path: 'loans.parquet' },
    place: { path, name: 'loans.parquet', locate: () => 'countersign.yaml:1' },
    blobs,
    workDir: join(root, 'parquet'),
  });
  expect(parquet.columns).toEqual(csv.columns);
  expect(parquet.splits[0]?.profile).toEqual(csv.splits[0]?.profile);
});

test('a file that is not Parquet, not a table or not UTF-8 is refused', async () => {
  const place = (name: string) => ({
    path: join(root, name),
    name,
    locate: () => 'countersign.yaml:1',
  });
  const take = (name: string) =>
    takeSnapshot({
      name: 'loans',
      dataset: datasetSchema.parse({ from: { path: name } }),
      origin: { path: name },
      place: place(name),
      blobs,
      workDir: join(root, 'w'),
    });
  await writeFile(join(root, 'a.parquet'), 'PAR1 no');
  await expect(take('a.parquet')).rejects.toMatchObject({ code: 'snapshot_unreadable' });
  await writeFile(join(root, 'a.xlsx'), 'PK');
  await expect(take('a.xlsx')).rejects.toMatchObject({ code: 'snapshot_unreadable' });
  await writeFile(join(root, 'a.csv'), Buffer.from('a,b\n1,2\n3,\xe4\n', 'latin1'));
  await expect(take('a.csv')).rejects.toMatchObject({
    code: 'csv_bad_row',
    message: expect.stringContaining('a.csv:3'),
  });
  await writeFile(join(root, 'b.csv'), '');
  await expect(take('b.csv')).rejects.toMatchObject({ code: 'csv_bad_row' });
});
