// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BlobStore, openFileBlobStore } from '../blobs/blob-store.ts';
import type { StepInputRecord, StepRecord } from '../run/result.ts';
import { openDatabase } from '../snapshot/open-database.ts';
import { describeSteps } from './describe-steps.ts';
import type { StepTransformation } from './transformation.ts';

let root: string;
let blobs: BlobStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'describe-steps-'));
  blobs = openFileBlobStore(join(root, 'blobs'));
  await writeFile(join(root, 'features.py'), 'import helpers as h\nfrom os import path\n');
  await writeFile(join(root, 'helpers.py'), 'pass\n');
});
afterAll(() => rm(root, { recursive: true }));

const put = (text: string) => blobs.put(new TextEncoder().encode(text));

async function step(
  inputs: Readonly<Record<string, string | Uint8Array>>,
  outputs: Readonly<Record<string, string | Uint8Array>>,
): Promise<StepRecord> {
  const bytes = (value: string | Uint8Array) =>
    typeof value === 'string' ? put(value) : blobs.put(value);
  const read: StepInputRecord[] = [];
  for (const [as, value] of Object.entries(inputs))
    read.push({ as, from: { step: 'before', file: as }, ...(await bytes(value)) });
  const wrote = [];
  for (const [file, value] of Object.entries(outputs))
    wrote.push({ file, ...(await bytes(value)) });
  return {
    name: 'features',
    command: 'python features.py --out x.csv',
    network: false,
    environmentDigest: '',
    params: {},
    inputs: read,
    outputs: wrote,
    log: await put(''),
    exit: 0,
    startedAt: '',
    endedAt: '',
  };
}

async function describeOne(record: StepRecord): Promise<StepTransformation> {
  const [found] = await describeSteps([record], {
    blobs,
    checkout: root,
    commit: 'a'.repeat(40),
    workDir: join(root, 'work'),
    file: { data: {} },
  });
  if (found === undefined) throw new Error('nothing was described');
  return found;
}

const BEFORE = `id,age,income,city,note
1,30,100,Bern,a
2,,200,Basel,b
3,,300,Bern,c
4,61,,Genf,d
5,25,500,Bern,e
`;
const AFTER = `id,age,income,city,ratio
1,30.0,100,Bern,0.1
2,41.5,200,Basel,0.2
3,41.5,300,Bern,0.3
5,25.0,550,Bern,0.5
9,50.0,700,Biel,0.7
`;

test('columns added, dropped, retyped and imputed, and rows filtered, are told apart by the shared key', async () => {
  const found = await describeOne(await step({ 'raw.csv': BEFORE }, { 'x.csv': AFTER }));
  const [table] = found.tables;
  expect(table?.added).toEqual([{ column: 'ratio', type: 'number' }]);
  const [source] = table?.sources ?? [];
  expect(source).toMatchObject({
    input: 'raw.csv',
    key: 'id',
    rows: { before: 5, after: 5, kept: 4, filtered: 1, made: 1 },
    dropped: [{ column: 'note', type: 'text' }],
  });
  const column = (name: string) => source?.shared.find((one) => one.column === name);
  expect(column('age')).toMatchObject({
    type: { before: 'integer', after: 'number' },
    missing: { before: 2, after: 0 },
    imputed: { rows: 2, values: [{ value: '41.5', rows: 2 }], dominant: '41.5' },
    changed: 0,
    before: { kind: 'number', mean: '38.6666666667' },
  });
  // The row whose income is missing was filtered: nothing was imputed, and one other value was changed.
  expect(column('income')).toMatchObject({ imputed: null, changed: 1 });
  expect(column('city')?.after).toEqual({
    kind: 'category',
    distinct: 3,
    top: [
      { value: 'Bern', count: 3 },
      { value: 'Basel', count: 1 },
      { value: 'Biel', count: 1 },
    ],
  });
});

test('the script that the command names and the module that it imports are held by digest and git object', async () => {
  const found = await describeOne(await step({ 'raw.csv': BEFORE }, { 'x.csv': AFTER }));
  expect(found.code).toMatchObject([
    { path: 'features.py', because: 'named' },
    // git hash-object of a file that holds `pass` and a line feed.
    {
      path: 'helpers.py',
      because: 'imported',
      gitBlob: '2ae28399f5fda2dfb1b04405f4a3b4895f5fac1e',
    },
  ]);
});

test('a CSV that became Parquet is compared by value', async () => {
  const directory = await mkdtemp(join(root, 'parquet-'));
  const database = await openDatabase([directory]);
  const path = join(directory, 'x.parquet');
  await database.run(
    `COPY (SELECT * FROM (VALUES (1::INTEGER, 30.0::DOUBLE, 'Bern'), (2, 'nan'::DOUBLE, NULL)) v(id, age, city)) TO '${path}' (FORMAT parquet)`,
  );
  database.close();
  const found = await describeOne(
    await step({ 'raw.csv': BEFORE }, { 'x.parquet': await readFile(path) }),
  );
  const [source] = found.tables[0]?.sources ?? [];
  expect(source?.rows).toMatchObject({ kept: 2, filtered: 3, made: 0 });
  const age = source?.shared.find((one) => one.column === 'age');
  expect(age).toMatchObject({ missing: { before: 2, after: 1 }, changed: 0, imputed: null });
});

test('tables without a shared key say that rows cannot be followed', async () => {
  const found = await describeOne(
    await step({ 'a.csv': 'x,y\n1.5,2\n1.5,2\n' }, { 'b.csv': 'x,z\n1.5,2\n' }),
  );
  expect(found.tables[0]?.sources[0]).toMatchObject({
    key: null,
    rows: { before: 2, after: 1, kept: null, filtered: null, made: null },
    shared: [{ column: 'x', changed: null, imputed: null }],
  });
});

test('a table that cannot be read is named with the reason', async () => {
  const found = await describeOne(
    await step({ 'raw.csv': BEFORE }, { 'x.csv': 'a,a\n1,2\n', 'y.parquet': 'no parquet' }),
  );
  expect(found.unread.map(({ file }) => file)).toEqual(['x.csv', 'y.parquet']);
  expect(await readdir(join(root, 'work'))).toEqual([]);
});

test('a shifted column has a large stability index, an unchanged one none', async () => {
  const rows = Array.from({ length: 400 }, (_, at) => at);
  const before = `n,same\n${rows.map((at) => `${at},${at % 7}`).join('\n')}\n`;
  const after = `n,same\n${rows.map((at) => `${at + 200},${at % 7}`).join('\n')}\n`;
  const found = await describeOne(await step({ 'a.csv': before }, { 'b.csv': after }));
  const psi = Object.fromEntries(
    (found.tables[0]?.sources[0]?.shared ?? []).map(({ column, psi }) => [column, Number(psi)]),
  );
  expect(psi.same).toBe(0);
  expect(psi.n).toBeGreaterThan(1);
});
